import { DEFAULT_LIMITS, PROTOCOL_CONSTANTS, type Limits } from "@tributary/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { AddressQuotas } from "../src/gateway/address-quotas.ts";
import { networkAddress, siteOf } from "../src/runtime/network-address.ts";
import { PendingConnections, type PendingConnection } from "../src/gateway/pending-connections.ts";
import { TokenBucket } from "../src/runtime/token-bucket.ts";
import { UploadWatch } from "../src/gateway/upload-watch.ts";
import { Visitors, type Visitor } from "../src/gateway/visitors.ts";
import type { CutReason } from "../src/telemetry/server-event.ts";
import { ManualClock } from "@tributary/protocol/testing";

function limitsOf(changes: Partial<Limits>): Limits {
  return { ...DEFAULT_LIMITS, ...changes };
}

describe("a token bucket", () => {
  it("allows a burst and then a steady rate", () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, 3, 2);
    expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
    clock.advance(499);
    expect(bucket.take()).toBe(false);
    clock.advance(1);
    expect([bucket.take(), bucket.take()]).toEqual([true, false]);
    expect(bucket.isFull).toBe(false);
    clock.advance(1_500);
    expect(bucket.isFull).toBe(true);
  });

  it("never holds more tokens than its capacity, also when tokens are given back", () => {
    const bucket = new TokenBucket(new ManualClock(), 1, 1);
    bucket.giveBack();
    expect([bucket.take(), bucket.take()]).toEqual([true, false]);
  });

  it("fills as time passes, whatever the system's clock is set to", () => {
    const clock = new ManualClock(10_000);
    const bucket = new TokenBucket(clock, 1, 1);
    expect(bucket.take()).toBe(true);
    clock.step(-10_000);
    expect(bucket.take()).toBe(false);
    clock.advance(1_000);
    expect(bucket.take()).toBe(true);
  });

  it("never allows more than its burst and its rate, whenever it is asked", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 }),
        (capacity, perSecond, waits) => {
          const clock = new ManualClock();
          const bucket = new TokenBucket(clock, capacity, perSecond);
          let taken = 0;
          for (const wait of waits) {
            clock.advance(wait);
            if (bucket.take()) taken += 1;
          }
          expect(taken).toBeLessThanOrEqual(capacity + (clock.now() * perSecond) / 1_000 + 1e-6);
        },
      ),
    );
  });
});

describe("what counts as one address", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::FFFF:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b::192.0.2.7", "64:ff9b:0:0::/64"],
    ["1:2:3::5:6:192.0.2.7", "1:2:3:0::/64"],
    ["", ""],
  ])("of %s is %s", (remote, network) => {
    expect(networkAddress(remote)).toBe(network);
  });
});

describe("the share of an address", () => {
  it("bounds open connections and admits the next one when one has closed", () => {
    const quotas = new AddressQuotas(new ManualClock(), limitsOf({ maxConnectionsPerAddress: 2 }));
    expect(quotas.open("a")).toBeUndefined();
    expect(quotas.open("a")).toBeUndefined();
    expect(quotas.open("a")).toBe("address-connections");
    expect(quotas.open("b")).toBeUndefined(); // others have their own
    quotas.close("a");
    expect(quotas.open("a")).toBeUndefined();
  });

  it("bounds how fast connections are opened, also when they close at once", () => {
    const clock = new ManualClock();
    const quotas = new AddressQuotas(
      clock,
      limitsOf({ connectionBurstPerAddress: 2, connectionsPerSecondPerAddress: 1 }),
    );
    for (let turn = 0; turn < 2; turn++) {
      expect(quotas.open("a")).toBeUndefined();
      quotas.close("a");
    }
    expect(quotas.open("a")).toBe("address-rate");
    clock.advance(1_000);
    expect(quotas.open("a")).toBeUndefined();
  });

  it("bounds the requests of all its sessions together", () => {
    const quotas = new AddressQuotas(new ManualClock(), limitsOf({ requestBurstPerAddress: 2 }));
    quotas.open("a");
    quotas.open("b");
    expect([1, 2, 3].map(() => quotas.takeRequest("a"))).toEqual([true, true, false]);
    expect(quotas.takeRequest("b")).toBe(true);
    quotas.giveRequestBack("a");
    expect(quotas.takeRequest("a")).toBe(true);
  });

  it("is remembered for a bounded number of addresses, and for all that are connected", () => {
    const quotas = new AddressQuotas(
      new ManualClock(),
      limitsOf({ maxTrackedAddresses: 10, maxConnectionsPerAddress: 1 }),
    );
    for (let held = 0; held < 3; held++) expect(quotas.open(`held ${held}`)).toBeUndefined();
    for (let address = 0; address < 1_000; address++) {
      expect(quotas.open(`${address}`)).toBeUndefined();
      quotas.close(`${address}`);
      expect(quotas.trackedCount).toBeLessThanOrEqual(10);
    }
    for (let held = 0; held < 3; held++) {
      expect(quotas.open(`held ${held}`)).toBe("address-connections");
    }
  });

  it("is no longer remembered when the address has used nothing for a while", () => {
    const clock = new ManualClock();
    const quotas = new AddressQuotas(clock, DEFAULT_LIMITS);
    for (let address = 0; address < 50; address++) {
      quotas.open(`${address}`);
      quotas.close(`${address}`);
    }
    clock.advance(60_000);
    for (let turn = 0; turn < 10; turn++) {
      quotas.open(`late ${turn}`);
      quotas.close(`late ${turn}`);
    }
    expect(quotas.trackedCount).toBeLessThanOrEqual(10);
  });
});

describe("the site of an address", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2::/64", "2001:db8:1::/48"],
    ["0:0:0:0::/64", "0:0:0::/48"],
    ["", ""],
  ])("%s is %s", (address, site) => {
    expect(siteOf(address)).toBe(site);
  });
});

describe("connections that have not greeted", () => {
  const waiting = (address: string): PendingConnection => ({ address, giveWay() {} });

  it("give way in the order in which they came, those of the address that has most first", () => {
    const connections = new PendingConnections();
    const [a1, b1, b2, a2, b3] = ["a", "b", "b", "a", "b"].map(waiting);
    for (const each of [a1, b1, b2, a2, b3]) connections.add(each!);
    const gone: unknown[] = [];
    for (let first = connections.first; first !== undefined; first = connections.first) {
      gone.push(first);
      connections.delete(first);
    }
    expect(gone.slice(0, 2)).toEqual([b1, a1]);
    expect(gone).toHaveLength(5);
    expect(connections.size).toBe(0);
  });

  it("give way together when they are of one site, and within it by address", () => {
    const connections = new PendingConnections();
    const spread = [1, 2, 3, 3].map((net) => waiting(`2001:db8:1:${net}::/64`));
    const other = ["192.0.2.1", "192.0.2.1", "192.0.2.1"].map(waiting);
    for (const each of [...other, ...spread]) connections.add(each);
    expect(connections.first).toBe(spread[2]);
  });

  it("always leave places to an address that holds fewer than the one that gives way", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(6), fc.boolean()), { maxLength: 200 }), (steps) => {
        const connections = new PendingConnections();
        const present: PendingConnection[] = [];
        const countOf = (address: string | undefined): number =>
          present.filter((each) => each.address === address).length;
        for (const [index, isLeaving] of steps) {
          if (isLeaving && present.length > 0) {
            const [gone] = present.splice(index % present.length, 1);
            expect(connections.delete(gone!)).toBe(true);
            expect(connections.delete(gone!)).toBe(false);
          } else {
            const connection = waiting(`192.0.2.${index}`);
            present.push(connection);
            connections.add(connection);
          }
          expect(connections.size).toBe(present.length);
          const first = connections.first;
          for (const { address } of present) {
            expect(countOf(first?.address)).toBeGreaterThanOrEqual(countOf(address));
          }
          expect(first).toBe(present.find((each) => each.address === first?.address));
        }
      }),
    );
  });
});

describe("connections", () => {
  function enter(
    visitors: Visitors,
    address = "a",
    cut: (reason: CutReason) => void = () => {},
  ): Visitor {
    const visitor = visitors.enter(address, cut);
    if (typeof visitor === "string") throw new Error(visitor);
    return visitor;
  }

  it("are bounded in number before they have greeted", () => {
    const visitors = new Visitors(new ManualClock(), limitsOf({ maxPendingConnections: 2 }));
    const cuts: string[] = [];
    const guest = (name: string): Visitor => {
      const visitor = enter(visitors, "a", (reason) => {
        cuts.push(`${name} ${reason}`);
        visitor.left();
      });
      return visitor;
    };
    const first = guest("first");
    guest("second");
    first.greeted();
    const third = guest("third");
    guest("fourth");
    expect(cuts).toEqual(["second too-many-pending"]);
    third.left();
    third.left();
    third.greeted();
    expect(visitors.pendingCount).toBe(1);
  });

  it("have one deadline from their first packet on", () => {
    const clock = new ManualClock();
    const visitors = new Visitors(clock, limitsOf({ handshakeTimeoutMs: 10_000 }));
    let late = 0;
    enter(visitors, "a", () => (late += 1));
    const upgraded = enter(visitors, "a", () => (late += 1));
    const gone = enter(visitors, "a", () => (late += 1));
    clock.advance(4_000);
    upgraded.upgraded();
    gone.left();
    expect(upgraded.greetWithinMs).toBe(6_000);
    clock.advance(6_000);
    expect(late).toBe(1);
    clock.advance(1);
    expect(upgraded.greetWithinMs).toBe(0);
  });
});

describe("the watch over an upload", () => {
  const limits = limitsOf({ uploadStallTimeoutMs: 1_000 });
  const { reportChunkBytes, maxReportPieces } = PROTOCOL_CONSTANTS;

  function watch(byteLength: number): { watch: UploadWatch; clock: ManualClock; stalls: number[] } {
    const clock = new ManualClock();
    const stalls: number[] = [];
    const it = new UploadWatch(byteLength, { clock, limits }, () => stalls.push(clock.now()));
    return { watch: it, clock, stalls };
  }

  it("accepts the bytes that were announced and no more", () => {
    const { watch: upload } = watch(150);
    expect([100, 51, 50, 1].map((bytes) => upload.take(bytes))).toEqual([true, false, true, false]);
  });

  it("accepts a bounded number of pieces", () => {
    const { watch: upload } = watch(reportChunkBytes + 1);
    const most = 2 * maxReportPieces;
    expect(Array.from({ length: most }, () => upload.take(1))).not.toContain(false);
    expect(upload.take(1)).toBe(false);
  });

  it("reports a stalled upload once, and never after the watch has been stopped", () => {
    const { watch: upload, clock, stalls } = watch(10 * reportChunkBytes);
    upload.take(reportChunkBytes);
    clock.advance(1_000);
    expect(stalls).toEqual([]);
    upload.take(reportChunkBytes - 1);
    clock.advance(5_000);
    expect(stalls).toEqual([2_000]);
    const other = watch(1_000);
    other.watch.stop();
    other.clock.advance(5_000);
    expect(other.stalls).toEqual([]);
  });
});
