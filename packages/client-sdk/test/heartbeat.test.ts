import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TributaryError } from "@tributary/protocol";
import { Heartbeat } from "../src/platform/heartbeat.ts";

const INTERVAL_MS = 20_000;

/** The part of a `ws` socket that a heartbeat uses, over a stream whose bytes a test counts up. */
class SocketDouble extends EventEmitter {
  readonly stream = { bytesRead: 300 };
  pings = 0;

  ping(): void {
    this.pings += 1;
  }
}

function started(): {
  readonly socket: SocketDouble;
  readonly heartbeat: Heartbeat;
  readonly silences: TributaryError[];
} {
  const socket = new SocketDouble();
  const heartbeat = new Heartbeat(socket, INTERVAL_MS);
  socket.emit("upgrade", { socket: socket.stream });
  const silences: TributaryError[] = [];
  heartbeat.start((error) => {
    silences.push(error);
    heartbeat.stop();
  });
  return { socket, heartbeat, silences };
}

/** Advances the time to the next beat and past the bytes that are read before the beat is judged. */
const beat = (): void => void vi.advanceTimersByTime(INTERVAL_MS + 1);

describe("the heartbeat of a client in Node", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("gives up a server that is silent for two intervals after a probe, and says so", () => {
    const { socket, silences } = started();
    beat();
    beat();
    expect(socket.pings).toBe(1);
    expect(silences).toEqual([]);
    beat();
    expect(silences).toMatchObject([{ code: "CONNECTION_LOST" }]);
    expect(silences[0]!.message).toContain("40000 ms");
  });

  it("takes a part of a message as a sign of life", () => {
    const { socket, heartbeat, silences } = started();
    for (let beats = 0; beats < 10; beats++) {
      socket.stream.bytesRead += 1;
      beat();
    }
    expect(socket.pings).toBe(0);
    expect(silences).toEqual([]);
    heartbeat.stop();
  });

  it("takes a message that the network has taken as a sign of life", () => {
    const { socket, heartbeat, silences } = started();
    for (let beats = 0; beats < 10; beats++) {
      heartbeat.hear();
      beat();
    }
    expect(socket.pings).toBe(0);
    expect(silences).toEqual([]);
    heartbeat.stop();
  });

  it("reads what has come while the app kept the event loop busy, before it judges", () => {
    const { socket, heartbeat, silences } = started();
    beat();
    beat(); // the time is two milliseconds past the second beat now
    expect(socket.pings).toBe(1);
    // The timer of the next beat fires. The answer to the probe is read after it, as in Node.
    vi.advanceTimersByTime(INTERVAL_MS - 2);
    socket.stream.bytesRead += 10;
    vi.advanceTimersByTime(1);
    expect(silences).toEqual([]);
    heartbeat.stop();
  });
});
