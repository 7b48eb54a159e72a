import assert from "node:assert/strict";
import { seededRandom, type AdminTokenId } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import type { AccessStore, AdminTokenRecord, AuditRecord } from "../storage/access-store.ts";
import { expectFailure, type ConformanceCase } from "./expectations.ts";

/** An empty store for one case. */
export interface AccessStoreFixture {
  readonly store: AccessStore;
  /** Closes it and opens it again; left out for stores that do not outlive their process. */
  readonly reopen?: () => Promise<AccessStore>;
  /** Closes and clears away. */
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

const requirements: Readonly<Record<string, Run>> = {
  async "gives a token back as it was added, and none that was not"(store) {
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

  async "gives audit records back newest first, page by page"(store) {
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

  async "keeps everything after closing and opening again"(store, { reopen }) {
    if (reopen === undefined) return;
    await store.addToken(token(1));
    await store.revokeToken(token(1).id, 9);
    await store.addAudit(change("/a"));
    const before = await store.audit(5);
    const again = await reopen();
    assert.deepEqual(await again.tokens(), [token(1, { revokedAtMs: 9 })]);
    assert.deepEqual(await again.audit(5), before);
    await again.addAudit(change("/b"));
    assert.ok((await again.audit(1))[0]!.sequence > before[0]!.sequence);
  },
};
