import assert from "node:assert/strict";
import { TributaryError } from "@tributary/protocol";
import type { ConformanceCase } from "@tributary/protocol/testing";
import type { Lease, LeaseHolder } from "../storage/lease.ts";

/** Leases of two servers on one store that nobody has used. */
export interface LeaseFixture {
  readonly first: Lease;
  readonly second: Lease;
  /** Makes the lease that is held expire. */
  readonly expire: () => Promise<void>;
  /** Something that the second server's store does; it fails while the second lease is blocked. */
  readonly useSecond?: () => Promise<unknown>;
  /** Gives back what the fixture holds. */
  readonly dispose: () => Promise<void>;
}

const LONG_MS = 60_000;

const holderOf = (pid: number): LeaseHolder => ({ host: "here", pid, place: "a", started: "1" });

/**
 * The conformance suite of the `Lease` port, for any test runner.
 *
 * @example
 * for (const { name, run } of leaseCases(openMine)) it(name, run);
 */
export function leaseCases(open: () => Promise<LeaseFixture>): readonly ConformanceCase[] {
  return Object.entries(REQUIREMENTS).map(([name, requirement]) => ({
    name,
    run: async () => {
      const fixture = await open();
      try {
        await requirement(fixture);
      } finally {
        await fixture.dispose();
      }
    },
  }));
}

const REQUIREMENTS: Readonly<Record<string, (fixture: LeaseFixture) => Promise<void>>> = {
  async "is held by one server, and says by whom and for how long"({ first, second }) {
    assert.deepEqual(await first.claim(holderOf(1), LONG_MS), { taken: true });
    const claim = await second.claim(holderOf(2), LONG_MS);
    assert.ok(!claim.taken);
    assert.deepEqual(claim.holder, holderOf(1));
    assert.ok(claim.expiresInMs > 0 && claim.expiresInMs <= LONG_MS, `${claim.expiresInMs}`);
  },

  async "can be taken at once when it has been given back"({ first, second }) {
    await first.claim(holderOf(1), LONG_MS);
    await first.release();
    assert.deepEqual(await second.claim(holderOf(2), LONG_MS), { taken: true });
  },

  async "can be taken once it has expired, and is lost to its holder then"({
    first,
    second,
    expire,
  }) {
    await first.claim(holderOf(1), LONG_MS);
    await expire();
    assert.deepEqual(await second.claim(holderOf(2), LONG_MS), { taken: true });
    assert.equal(await first.renew(LONG_MS), false);
    assert.equal(await second.renew(LONG_MS), true);
  },

  async "goes on for its holder when it had expired and nobody took it"({ first, second, expire }) {
    await first.claim(holderOf(1), LONG_MS);
    await expire();
    assert.equal(await first.renew(LONG_MS), true);
    assert.equal((await second.claim(holderOf(2), LONG_MS)).taken, false);
  },

  async "is not given back by a server that has lost it"({ first, second, expire }) {
    await first.claim(holderOf(1), LONG_MS);
    await expire();
    await second.claim(holderOf(2), LONG_MS);
    await first.release();
    assert.equal((await first.claim(holderOf(1), LONG_MS)).taken, false);
  },

  async "is taken from a holder that has ended, and from no other"({ first, second }) {
    await first.claim(holderOf(1), LONG_MS);
    const claim = await second.claim(holderOf(2), LONG_MS);
    assert.ok(!claim.taken);
    assert.equal((await second.claim(holderOf(2), LONG_MS, claim.epoch - 1)).taken, false);
    assert.equal((await second.claim(holderOf(2), LONG_MS, claim.epoch)).taken, true);
    assert.equal(await first.renew(LONG_MS), false);
  },

  async "makes the store fail every call while it is blocked"({ second, useSecond }) {
    await second.claim(holderOf(2), LONG_MS);
    await useSecond?.();
    const error = new TributaryError("STORAGE_UNAVAILABLE", "It is not certain");
    second.block(error);
    if (useSecond !== undefined) await assert.rejects(useSecond(), error);
    second.block(undefined);
    await useSecond?.();
  },
};
