import { setTimeout as sleep } from "node:timers/promises";
import { updateCodec } from "@tributary/protocol";
import { greetWire, type WireClient, type WireDeps } from "../load/wire-client.ts";

/** How long an honest client trains, milliseconds. */
const TRAINING_MS = 1_000;
/** Pause before the next connection, milliseconds. */
const RECONNECT_MS = 500;

/** What honest clients have come to. */
export interface HonestCount {
  /** Reports that count. */
  reports: number;
}

/**
 * A client that does what the protocol says, from an address of its own. It trains for a while, and
 * its update is a small one of the right shape.
 */
export async function takePart(
  deps: WireDeps,
  localAddress: string,
  count: HonestCount,
  signal: AbortSignal,
): Promise<void> {
  const dimension = 7_850;
  const payload = updateCodec({ codec: "uniform", bits: 8 }).encode(
    Float32Array.from({ length: dimension }, (_, index) => ((index * 31) % 97) * 1e-6),
    deps.random,
  );
  while (!signal.aborted) {
    let client: WireClient | undefined;
    const leave = (): void => client?.socket.terminate();
    signal.addEventListener("abort", leave);
    try {
      client = await greetWire(deps, localAddress);
      while (!signal.aborted) {
        await sleep(await attempt(client, payload, count), undefined, { signal });
      }
    } catch {
      // The server has cut the connection, or this client has been stopped.
    } finally {
      signal.removeEventListener("abort", leave);
      client?.socket.terminate();
    }
    await sleep(RECONNECT_MS, undefined, { signal }).catch(() => {});
  }
}

/** Checks in once, and takes part when selected. @returns How long to wait, milliseconds. */
async function attempt(
  client: WireClient,
  payload: Uint8Array,
  count: HonestCount,
): Promise<number> {
  client.checkIn("honest");
  for (;;) {
    const received = await client.next();
    if (!("type" in received)) continue;
    switch (received.type) {
      case "rejection":
        return received.retryAfterMs;
      case "roundConfiguration":
        client.configured(received);
        await sleep(TRAINING_MS);
        client.beginReport(received, { codec: "uniform", updateBytes: payload.length });
        break;
      case "reportGrant":
        client.send({ type: "reportChunk", data: payload });
        break;
      case "reportResult":
        if (received.refused !== undefined) return received.refused.retryAfterMs;
        count.reports += 1;
        break;
      case "roundOutcome":
        return received.nextCheckInMs;
      default:
    }
  }
}
