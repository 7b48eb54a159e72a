import { DEFAULT_LIMITS } from "@tributary/protocol";
import { describe, expect, it } from "vitest";

import { ManualClock } from "@tributary/protocol/testing";
import { Heartbeat } from "../src/gateway/heartbeat.ts";

const { probeEveryBytes, minReadBytesPerSecond, heartbeatIntervalMs, trainingSilenceMs } =
  DEFAULT_LIMITS;
/** The length of a sealed chunk. */
const CHUNK_BYTES = probeEveryBytes / 2;
/** What a client at the lowest rate reads between two beats. */
const BYTES_PER_BEAT = (minReadBytesPerSecond * heartbeatIntervalMs) / 1_000;

/** A heartbeat whose probes the test answers, or does not. */
function heartbeat(isTraining = (): boolean => false): {
  readonly heart: Heartbeat;
  readonly probes: Uint8Array[];
  readonly clock: ManualClock;
  readonly receive: () => void;
} {
  const probes: Uint8Array[] = [];
  let bytesRead = 200;
  const clock = new ManualClock();
  const heart = new Heartbeat({
    clock,
    limits: DEFAULT_LIMITS,
    bytesRead: () => bytesRead,
    isTraining,
    probe: (payload) => probes.push(payload),
  });
  return { heart, probes, clock, receive: () => (bytesRead += 1) };
}

/** Beats until the client is given up. */
function beatsLeft(heart: Heartbeat): number {
  for (let beats = 1; beats < 100; beats++) if (!heart.beat()) return beats;
  throw new Error("The client was never given up");
}

describe("the heartbeat of a connection", () => {
  it("gives up a client that does not answer a probe until the next beat", () => {
    const { heart, probes } = heartbeat();
    expect(heart.beat()).toBe(true);
    expect(probes.length).toBe(1);
    expect(heart.beat()).toBe(false);
    expect(probes.length).toBe(1);
  });

  it("takes any byte that comes as a sign of life", () => {
    const { heart, receive } = heartbeat();
    for (let beat = 0; beat < 5; beat++) {
      expect(heart.beat()).toBe(true);
      receive();
    }
    expect(beatsLeft(heart)).toBe(2);
  });

  it("takes a chunk that the network has taken as a sign of life", () => {
    const { heart } = heartbeat();
    for (let beat = 0; beat < 5; beat++) {
      heart.progressed();
      expect(heart.beat()).toBe(true);
    }
    expect(heart.beat()).toBe(false);
  });

  it("sends probes between the bytes that it is told of, so that each answer is near", () => {
    const { heart, probes } = heartbeat();
    for (let sent = 0; sent < 8; sent++) heart.sent(probeEveryBytes / 2);
    expect(probes.length).toBe(4);
    expect(heart.answered(probes[1]!)).toBe(true);
    expect(heart.provedBytes).toBe(2 * probeEveryBytes);
    expect(heart.answered(probes[0]!)).toBe(false); // it proves nothing that is new
    expect(heart.answered(probes[3]!)).toBe(true);
    expect(heart.provedBytes).toBe(heart.sentBytes);
  });

  it("waits for what stands before the next answer at the lowest rate, and no longer", () => {
    const { heart, probes } = heartbeat();
    heart.beat();
    heart.sent(1_000 * probeEveryBytes);
    expect(probes.length).toBe(2);
    // Megabytes are on their way, but never more than one interval of probes before an answer.
    expect(beatsLeft(heart)).toBe(1 + Math.floor(probeEveryBytes / BYTES_PER_BEAT));
  });

  it("sends fewer probes to a client that reads fast, and more again when it has become slow", () => {
    const { heart, probes, clock } = heartbeat();
    /** Sends chunks that the client reads at a pace. @returns How many probes went between them. */
    const readAt = (bytesPerSecond: number): number => {
      const before = probes.length;
      for (let chunk = 0; chunk < 128; chunk++) {
        heart.sent(CHUNK_BYTES);
        clock.advance((1_000 * CHUNK_BYTES) / bytesPerSecond);
        heart.answered(probes.at(-1) ?? new Uint8Array(0));
      }
      return probes.length - before;
    };
    const most = (128 * CHUNK_BYTES) / probeEveryBytes;
    expect(readAt(100_000)).toBe(most);
    readAt(10_000_000);
    expect(readAt(10_000_000)).toBe(most / 8);
    // A pause between two models says little about the client.
    clock.advance(60_000);
    expect(readAt(10_000_000)).toBeLessThan(most / 4);
    readAt(100_000);
    expect(readAt(100_000)).toBe(most);
  });

  it("waits for the bytes that it sent while the client was fast", () => {
    const { heart, probes, clock } = heartbeat();
    for (let sent = 0; sent < 4; sent++) {
      clock.advance(300);
      heart.sent(10 * probeEveryBytes);
      heart.answered(probes.at(-1)!);
    }
    heart.sent(10 * probeEveryBytes);
    const left = beatsLeft(heart);
    expect(left).toBeGreaterThan(1 + Math.floor(probeEveryBytes / BYTES_PER_BEAT));
    expect(left).toBeLessThan(1 + Math.ceil((10 * probeEveryBytes) / BYTES_PER_BEAT));
  });

  it("forgives a member that trains a longer silence, and no other client", () => {
    let trains = true;
    const { heart } = heartbeat(() => trains);
    for (let silentMs = 0; silentMs <= trainingSilenceMs; silentMs += heartbeatIntervalMs) {
      expect(heart.beat()).toBe(silentMs < trainingSilenceMs);
    }
    trains = false;
    expect(beatsLeft(heartbeat().heart)).toBe(2);
    expect(heart.beat()).toBe(false);
  });

  it("believes no answer to a probe that it has not sent", () => {
    const { heart, probes } = heartbeat();
    heart.sent(probeEveryBytes);
    const payload = (bytes: number): Uint8Array => {
      const forged = new Uint8Array(8);
      new DataView(forged.buffer).setFloat64(0, bytes);
      return forged;
    };
    for (const bytes of [Number.NaN, Infinity, -1, 0, probeEveryBytes + 1]) {
      expect(heart.answered(payload(bytes))).toBe(false);
    }
    expect(heart.answered(new Uint8Array(0))).toBe(false);
    expect(heart.answered(new Uint8Array(125))).toBe(false);
    expect(heart.provedBytes).toBe(0);
    expect(heart.answered(probes[0]!)).toBe(true);
  });
});
