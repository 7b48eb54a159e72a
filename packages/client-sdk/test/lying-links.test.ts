// Connections that are dead and do not say so, and what a device tells about its network and its clock.
import { ManualClock } from "@tributary/protocol/testing";
import { describe, expect, it } from "vitest";
import type { FederatedClientDeps, NetworkChange, NetworkSource } from "../src/index.ts";
import { stage, type Reader, type Stage } from "./support/participant.ts";
import type { ServerConnection, WelcomeOptions } from "./support/scripted-server.ts";

/** A network that does what a test says. */
class TestNetwork implements NetworkSource {
  isOnline = true;
  readonly #listeners = new Set<(change: NetworkChange) => void>();

  watch(listener: (change: NetworkChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get watchers(): number {
    return this.#listeners.size;
  }

  change(change: NetworkChange): void {
    this.isOnline = change !== "offline";
    for (const listener of this.#listeners) listener(change);
  }
}

/** A clock that can make the timers of one moment come late, as those of a device that slept do. */
class SleepyClock extends ManualClock {
  #lateMs = 0;

  /** Lets `ms` pass. What falls due then hears that it is `lateMs` later still. */
  advanceLate(ms: number, lateMs: number): void {
    this.#lateMs = lateMs;
    this.advance(ms);
    this.#lateMs = 0;
  }

  override elapsedMs(): number {
    return super.elapsedMs() + this.#lateMs;
  }
}

const PROBED: WelcomeOptions = { answersProbes: true };

interface Scene extends Stage {
  readonly reader: Reader;
  readonly connection: ServerConnection;
}

/** A client that has checked in and waits. */
async function waiting(
  welcome: WelcomeOptions = PROBED,
  deps: FederatedClientDeps = {},
): Promise<Scene> {
  const set = stage({}, deps);
  const reader = set.participate();
  const accepted = reader.until("checked-in");
  const connection = await set.server.accept(welcome);
  await connection.checkIn();
  await accepted;
  return { ...set, reader, connection };
}

describe("a connection over which nothing comes any more", () => {
  it("is probed after one interval of silence and given up after another", async () => {
    const { clock, connection, reader, server } = await waiting();
    clock.advance(20_000);
    expect(await connection.expect("probe")).toEqual({ type: "probe", sentBytes: 0 });
    clock.advance(19_999);
    expect(server.connections.every(({ socket }) => !socket.ended)).toBe(true);
    clock.advance(1);
    const { error, cause, retryInMs } = await reader.until("disconnected");
    expect({ code: error.code, cause }).toEqual({ code: "CONNECTION_LOST", cause: "silent" });
    expect(error.message).toContain("40000 ms");
    await clock.untilPending(retryInMs);
    clock.advance(retryInMs);
    await server.accept(PROBED);
    await reader.until("connected");
    await reader.leave();
    expect(clock.pendingDelaysMs).toEqual([]);
  });

  it("is kept for as long as probes are answered, and probed only in silence", async () => {
    const { clock, connection, reader } = await waiting();
    for (let minute = 0; minute < 30; minute++) {
      clock.advance(20_000);
      const { sentBytes } = await connection.expect("probe");
      connection.send({ type: "probeAnswer", sentBytes });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(reader.types).not.toContain("disconnected");
    await reader.leave();
  });

  it("is not probed when the server is of a version that does not know probes", async () => {
    const { clock, connection, reader } = await waiting({});
    clock.advance(3_600_000);
    const leaving = reader.leave();
    await expect(connection.receive()).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    await leaving;
  });

  it("is found dead within seconds when the network has changed", async () => {
    for (const change of ["offline", "online", "replaced"] as const) {
      const network = new TestNetwork();
      const { clock, connection, reader } = await waiting(PROBED, { network });
      network.change(change);
      expect(await reader.until("network-changed")).toEqual({ type: "network-changed", change });
      await connection.expect("probe");
      clock.advance(5_000);
      const { cause } = await reader.until("disconnected");
      expect(cause).toBe(change === "offline" ? "offline" : "silent");
      await reader.leave();
      expect(network.watchers).toBe(0);
    }
  });

  it("is probed once more when the timer itself came late, since answers may wait to be read", async () => {
    const clock = new SleepyClock(1_700_000_000_000);
    const { connection, reader } = await waiting(PROBED, { clock });
    clock.advance(20_000);
    await connection.expect("probe");
    clock.advance(19_999);
    clock.advanceLate(1, 30_000);
    await connection.expect("probe");
    expect(reader.types).not.toContain("disconnected");
    connection.send({ type: "probeAnswer", sentBytes: 0 });
    await reader.leave();
  });
});

describe("a client that waits to connect again", () => {
  it("does so at once when the network comes back", async () => {
    const network = new TestNetwork();
    const set = stage({}, { network });
    set.server.refusing = true;
    network.isOnline = false;
    const reader = set.participate();
    let retryInMs = 0;
    // Each failure makes the longest possible wait longer.
    while (retryInMs < 20_000) {
      const failed = await reader.until("disconnected");
      expect(failed.cause).toBe("offline");
      ({ retryInMs } = failed);
      await set.clock.untilPending(retryInMs);
      if (retryInMs < 20_000) set.clock.advance(retryInMs);
    }
    set.server.refusing = false;
    network.change("online");
    await reader.until("network-changed");
    await new Promise((resolve) => setImmediate(resolve));
    set.clock.advance(500);
    await set.server.accept();
    await reader.until("connected");
    await reader.leave();
  });

  it("keeps to the time that the server has asked for all the same", async () => {
    const network = new TestNetwork();
    const { clock, connection, reader, server } = await waiting({}, { network });
    const retryAfterMs = 30_000;
    connection.send({ type: "failure", code: "SERVER_STOPPING", message: "", retryAfterMs });
    const { cause, retryInMs } = await reader.until("disconnected");
    expect({ cause, retryInMs }).toEqual({ cause: "server", retryInMs: 30_000 });
    network.change("online");
    await reader.until("network-changed");
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(29_999);
    expect(server.connections).toHaveLength(1);
    clock.advance(1);
    await server.accept();
    await reader.leave();
  });
});

describe("a clock", () => {
  it("that has leapt is told, and the connection has to prove itself", async () => {
    const network = new TestNetwork();
    const { clock, connection, reader } = await waiting(PROBED, { network });
    clock.step(8 * 3_600_000);
    clock.advance(10_000);
    expect(await reader.until("clock-leapt")).toEqual({ type: "clock-leapt", byMs: 28_800_000 });
    await connection.expect("probe");
    clock.step(-3_600_000);
    clock.advance(10_000);
    expect(await reader.until("clock-leapt")).toEqual({ type: "clock-leapt", byMs: -3_600_000 });
    await reader.leave();
  });

  it("that is wrong by hours is told once, by how much, and changes nothing else", async () => {
    const time = 1_700_000_000_000 - 2 * 3_600_000;
    const { clock, connection, reader, server } = await waiting({ time });
    const told = (): unknown[] => reader.events.filter(({ type }) => type === "clock-off");
    expect(told()).toEqual([{ type: "clock-off", offsetMs: 7_200_000 }]);
    connection.socket.cut();
    const { retryInMs } = await reader.until("disconnected");
    await clock.untilPending(retryInMs);
    clock.advance(retryInMs);
    const again = await server.accept({ time: time + retryInMs });
    await again.checkIn();
    await reader.until("checked-in");
    expect(told()).toHaveLength(1);
    await reader.leave();
  });

  it("that is right, or whose server tells no time, is not worth an event", async () => {
    for (const welcome of [{}, { time: 1_700_000_000_000 + 240_000 }]) {
      const { reader } = await waiting(welcome);
      expect(reader.types).not.toContain("clock-off");
      await reader.leave();
    }
  });
});
