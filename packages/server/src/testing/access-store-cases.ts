import assert from "node:assert/strict";
import { seededRandom, type AdminTokenId } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import type { ConformanceCase } from "@tributary/protocol/testing";
import type {
  AccessStore,
  AdminTokenRecord,
  AuditRecord,
  DeviceRecord,
  PopulationRecord,
} from "../storage/access-store.ts";
import { expectFailure } from "./expectations.ts";

/** An empty store for one case. */
export interface AccessStoreFixture {
  readonly store: AccessStore;
  /** Closes the store and opens it again. Absent for a store that does not outlive its process. */
  readonly reopen?: () => Promise<AccessStore>;
  /** Closes the store and deletes what it holds. */
  readonly dispose: () => Promise<void>;
}

type Run = (store: AccessStore, fixture: AccessStoreFixture) => Promise<void>;

/** The conformance suite of the `AccessStore` port, for any test runner. */
export function accessStoreCases(
  open: () => Promise<AccessStoreFixture>,
): readonly ConformanceCase[] {
  return Object.entries(requirements).map(([name, requirement]) => ({
    name,
    run: async () => {
      const fixture = await open();
      try {
        await requirement(fixture.store, fixture);
      } finally {
        await fixture.dispose();
      }
    },
  }));
}

const crypto = createNodeCryptoProvider();

function token(seed: number, changes: Partial<AdminTokenRecord> = {}): AdminTokenRecord {
  const digest = seededRandom(crypto, seed).bytes(32);
  return {
    id: `tok_${Buffer.from(digest).toString("hex", 0, 16)}` as AdminTokenId,
    name: "dashboard ‹ü›",
    role: "operator",
    digest,
    createdAtMs: 1_790_000_000_000 + seed,
    revokedAtMs: null,
    ...changes,
  };
}

const change = (target: string): AuditRecord => ({
  atMs: 1_790_000_000_123,
  actor: "root",
  operation: "pauseTask",
  target,
  note: "ä note",
  error: null,
});

const population = (name: string, updatedAtMs: number): PopulationRecord => ({
  name,
  policy: {
    enrolment: "token",
    token: {
      issuer: "https://app.example",
      keys: ["A".repeat(43)],
      clockSkewSeconds: 60,
      maximumLifetimeSeconds: 600,
      devicesPerToken: 2,
    },
  },
  updatedAtMs,
});

function device(seed: number, changes: Partial<DeviceRecord> = {}): DeviceRecord {
  const publicKey = seededRandom(crypto, seed).bytes(32);
  return {
    population: "writers",
    id: Buffer.from(crypto.sha256(publicKey)).toString("hex"),
    publicKey,
    voucher: null,
    registeredAtMs: 1_790_000_000_000 + seed,
    revokedAtMs: null,
    ...changes,
  };
}

const requirements: Readonly<Record<string, Run>> = {
  async "returns a token as it was added, and nothing for an unknown one"(store) {
    const first = token(1);
    await store.addToken(first);
    assert.deepEqual(await store.token(first.id), first);
    assert.equal(await store.token(token(2).id), undefined);
  },

  async "lists tokens from the oldest to the newest"(store) {
    for (const seed of [3, 1, 2]) await store.addToken(token(seed));
    assert.deepEqual(await store.tokens(), [token(1), token(2), token(3)]);
  },

  async "keeps the first of two tokens of one id"(store) {
    await store.addToken(token(1));
    await expectFailure("ADMIN_TOKEN_CONFLICT", store.addToken(token(1, { role: "admin" })));
    assert.equal((await store.token(token(1).id))?.role, "operator");
  },

  async "revokes a token once and for good"(store) {
    await store.addToken(token(1));
    await store.addToken(token(2));
    const answers = await Promise.all([5, 6].map((at) => store.revokeToken(token(1).id, at)));
    assert.equal(answers.filter(Boolean).length, 1);
    const revokedAtMs = (await store.token(token(1).id))?.revokedAtMs ?? null;
    assert.ok(revokedAtMs === 5 || revokedAtMs === 6);
    assert.equal(await store.revokeToken(token(1).id, 7), false);
    assert.equal(await store.revokeToken(token(3).id, 7), false);
    assert.deepEqual(await store.tokens(), [token(1, { revokedAtMs }), token(2)]);
  },

  async "returns audit records newest first, page by page"(store) {
    for (const target of ["/a", "/b", "/c", "/d"]) await store.addAudit(change(target));
    await store.addAudit({ ...change("/e"), error: "TASK_STATE_CONFLICT" });
    const [newest, second, ...rest] = await store.audit(2);
    assert.ok(newest !== undefined && second !== undefined && rest.length === 0);
    assert.deepEqual(newest, {
      ...change("/e"),
      error: "TASK_STATE_CONFLICT",
      sequence: newest.sequence,
    });
    assert.ok(newest.sequence > second.sequence);
    const older = await store.audit(10, second.sequence);
    assert.deepEqual(
      older.map(({ target }) => target),
      ["/c", "/b", "/a"],
    );
  },

  async "returns each policy as it was set last"(store) {
    assert.deepEqual(await store.populations(), []);
    await store.setPopulation(population("writers", 1));
    await store.setPopulation(population("keyboard", 2));
    await store.setPopulation({ name: "writers", policy: { enrolment: "open" }, updatedAtMs: 3 });
    assert.deepEqual(await store.populations(), [
      population("keyboard", 2),
      { name: "writers", policy: { enrolment: "open" }, updatedAtMs: 3 },
    ]);
  },

  async "registers a device once in each population, also when asked at once"(store) {
    const answers = await Promise.all(
      [1, 2, 3].map((registeredAtMs) => store.addDevice(device(1, { registeredAtMs }))),
    );
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.deepEqual(await store.device("writers", device(1).id), answers[0]);
    assert.equal(await store.device("keyboard", device(1).id), undefined);
    await store.addDevice(device(1, { population: "keyboard", publicKey: null }));
    assert.equal((await store.device("keyboard", device(1).id))?.publicKey, null);
  },

  async "revokes a device once, for good and in one population"(store) {
    await store.addDevice(device(1));
    await store.addDevice(device(1, { population: "keyboard" }));
    assert.equal(await store.revokeDevice("writers", device(1).id, 7), true);
    assert.equal(await store.revokeDevice("writers", device(1).id, 8), false);
    assert.equal(await store.revokeDevice("writers", device(2).id, 8), false);
    assert.deepEqual(await store.addDevice(device(1)), device(1, { revokedAtMs: 7 }));
    assert.equal((await store.device("keyboard", device(1).id))?.revokedAtMs, null);
  },

  async "lists a population's newest devices"(store) {
    for (const seed of [2, 1, 3]) await store.addDevice(device(seed));
    await store.addDevice(device(4, { population: "keyboard" }));
    assert.deepEqual(await store.devices("writers", 2), [device(3), device(2)]);
    assert.deepEqual(await store.devices("nobody", 2), []);
  },

  async "counts a population's devices, including revoked ones"(store) {
    for (const seed of [2, 1, 3, 1]) await store.addDevice(device(seed));
    await store.addDevice(device(4, { population: "keyboard" }));
    await store.revokeDevice("writers", device(2).id, 7);
    assert.equal(await store.deviceCount("writers"), 3);
    assert.equal(await store.deviceCount("keyboard"), 1);
    assert.equal(await store.deviceCount("nobody"), 0);
  },

  async "lets a voucher vouch for a number of devices only, also when they ask at once"(store) {
    const vouched = (seed: number): DeviceRecord => device(seed, { voucher: "v" });
    const add = (seed: number): Promise<DeviceRecord | undefined> =>
      store.addDevice(vouched(seed), 2);
    const answers = await Promise.all([1, 2, 3, 4].map(add));
    assert.equal(answers.filter((answer) => answer !== undefined).length, 2);
    assert.equal(await store.deviceCount("writers", "v"), 2);
    // Whoever is vouched for stays so, and other populations and vouchers have room of their own.
    const [known] = await store.devices("writers", 1);
    assert.ok(known !== undefined);
    assert.deepEqual(await store.addDevice(known, 2), known);
    assert.ok(await store.addDevice({ ...vouched(5), population: "keyboard" }, 2));
    assert.ok(await store.addDevice(device(6, { voucher: "w" }), 2));
    assert.ok(await store.addDevice(device(7)));
  },

  async "lets a voucher vouch once for a device that registered itself"(store) {
    for (const seed of [1, 2]) await store.addDevice(device(seed));
    assert.equal(await store.deviceCount("writers", null), 2);
    const vouched = device(1, { voucher: "v" });
    assert.deepEqual(await store.addDevice(vouched, 1), vouched);
    assert.deepEqual(await store.addDevice(device(1, { voucher: "w" }), 1), vouched);
    assert.equal(await store.addDevice(device(2, { voucher: "v" }), 1), undefined);
    assert.deepEqual(await store.device("writers", device(2).id), device(2));
    assert.equal(await store.deviceCount("writers", null), 1);
    assert.equal(await store.deviceCount("writers"), 2);
  },

  async "keeps everything after closing and opening again"(store, { reopen }) {
    if (reopen === undefined) return;
    await store.addToken(token(1));
    await store.revokeToken(token(1).id, 9);
    await store.addAudit(change("/a"));
    await store.setPopulation(population("writers", 1));
    await store.addDevice(device(1));
    const before = await store.audit(5);
    const again = await reopen();
    assert.deepEqual(await again.populations(), [population("writers", 1)]);
    assert.deepEqual(await again.device("writers", device(1).id), device(1));
    assert.deepEqual(await again.tokens(), [token(1, { revokedAtMs: 9 })]);
    assert.deepEqual(await again.audit(5), before);
    await again.addAudit(change("/b"));
    assert.ok((await again.audit(1))[0]!.sequence > before[0]!.sequence);
  },
};
