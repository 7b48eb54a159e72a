import type { ConformanceCase } from "@tributary/protocol/testing";
import type { ExampleShelf, ShelfCommit } from "../examples/stored/example-shelf.ts";
import { equal, ok } from "./expectations.ts";

/** What the cases need from the test that runs them. */
export interface ExampleShelfFixture {
  /**
   * Opens a shelf of this name: an empty one the first time, and what was kept from then on, for
   * adapters whose shelves outlive them.
   */
  readonly open: (name: string) => Promise<ExampleShelf>;
  /** Whether what was kept is there after the shelf was closed and opened again. */
  readonly outlives: boolean;
}

/**
 * The conformance suite of the `ExampleShelf` port, for any test runner and platform.
 *
 * @example
 * for (const { name, run } of exampleShelfCases({ open, outlives: true })) it(name, run);
 */
export function exampleShelfCases({
  open,
  outlives,
}: ExampleShelfFixture): readonly ConformanceCase[] {
  const cases = Object.entries({ ...REQUIREMENTS, ...(outlives ? OF_THOSE_THAT_OUTLIVE : {}) });
  return cases.map(([name, requirement], index) => ({
    name,
    run: async () => {
      // Each case has a shelf of its own.
      const again = (): Promise<ExampleShelf> => open(`case ${index}*/`);
      const shelf = await again();
      try {
        await requirement(shelf, again);
      } finally {
        await shelf.close();
      }
    },
  }));
}

type Requirement = (shelf: ExampleShelf, again: () => Promise<ExampleShelf>) => Promise<void>;

const REQUIREMENTS: Readonly<Record<string, Requirement>> = {
  "is empty at first": async (shelf) => {
    equal(await shelf.catalogue(), undefined, "the catalogue");
    equal((await shelf.blocks([1]))[0], undefined, "a block that nobody has kept");
    equal(await shelf.records(), 0, "the number of records");
  },

  "keeps a catalogue and blocks, and gives the blocks in the order that is asked for": async (
    shelf,
  ) => {
    ok(await shelf.commit(change({ put: [3, 4, 9] })), "the first commit should be kept");
    const blocks = await shelf.blocks([9, 3, 5, 4]);
    equal(blocks.map((block) => block?.join()).join("|"), "9,9|3,3||4,4", "the blocks");
    const catalogue = await shelf.catalogue();
    equal(catalogue?.revision, 1, "the revision");
    equal(catalogue?.bytes.join(), "1,1", "the catalogue");
  },

  "replaces the catalogue, and takes blocks away, in one commit": async (shelf) => {
    await shelf.commit(change({ put: [3, 4] }));
    await shelf.commit(change({ after: 1, revision: 2, put: [5], remove: [3] }));
    const blocks = await shelf.blocks([3, 4, 5]);
    equal(blocks.map((block) => block?.join()).join("|"), "|4,4|5,5", "the blocks");
    equal((await shelf.catalogue())?.revision, 2, "the revision");
    equal(await shelf.records(), 3, "the number of records");
  },

  "keeps nothing of a commit that was made from another revision": async (shelf) => {
    await shelf.commit(change({ put: [3] }));
    const late = change({ after: undefined, revision: 2, put: [4], remove: [3] });
    equal(await shelf.commit(late), false, "what a commit from no revision comes to");
    equal(await shelf.commit({ ...late, after: 7 }), false, "what one from another comes to");
    equal((await shelf.blocks([3]))[0]?.join(), "3,3", "the block");
    equal((await shelf.blocks([4]))[0], undefined, "the block of the refused commit");
    equal((await shelf.catalogue())?.revision, 1, "the revision");
  },

  "keeps one of two commits that are made at once": async (shelf) => {
    const outcomes = await Promise.all([
      shelf.commit(change({ revision: 1, put: [3] })),
      shelf.commit(change({ revision: 2, put: [4] })),
    ]);
    equal(outcomes.filter(Boolean).length, 1, "the number of commits that were kept");
    equal((await shelf.catalogue())?.revision, outcomes[0] ? 1 : 2, "the revision");
    equal(await shelf.records(), 2, "the number of records");
  },

  "makes one key, which cannot be exported": async (shelf) => {
    const [first, second] = await Promise.all([shelf.key(), shelf.key()]);
    equal(first?.extractable, false, "whether the key can be exported");
    const iv = new Uint8Array(12);
    const text = Uint8Array.of(1, 2, 3);
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, first!, text);
    const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, second!, sealed);
    equal(new Uint8Array(opened).join(), "1,2,3", "what the key opens");
  },

  "makes no new key when there are blocks": async (shelf) => {
    await shelf.commit(change({ put: [3] }));
    equal(await shelf.key(), undefined, "the key");
  },

  "has nothing left when it was erased": async (shelf) => {
    await shelf.key();
    await shelf.commit(change({ put: [3, 4] }));
    equal(await shelf.records(), 4, "the number of records: key, catalogue and two blocks");
    await shelf.erase();
    equal(await shelf.records(), 0, "the number of records");
    equal((await shelf.blocks([3]))[0], undefined, "a block");
    ok(await shelf.commit(change({ put: [5] })), "an erased shelf should take a first commit");
  },
};

const OF_THOSE_THAT_OUTLIVE: Readonly<Record<string, Requirement>> = {
  "has what was kept when it is opened again": async (shelf, again) => {
    const key = await shelf.key();
    await shelf.commit(change({ put: [3] }));
    await shelf.close();
    const reopened = await again();
    equal((await reopened.catalogue())?.bytes.join(), "1,1", "the catalogue");
    equal((await reopened.blocks([3]))[0]?.join(), "3,3", "the block");
    const iv = new Uint8Array(12);
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key!, iv);
    const kept = await reopened.key();
    await crypto.subtle.decrypt({ name: "AES-GCM", iv }, kept!, sealed);
    await reopened.close();
  },

  "shows one opener what another has kept": async (shelf, again) => {
    const other = await again();
    await other.commit(change({ put: [3] }));
    equal((await shelf.catalogue())?.revision, 1, "the revision");
    equal(await shelf.commit(change({ revision: 2 })), false, "what an outdated commit comes to");
    await other.close();
  },
};

/** A commit whose catalogue and blocks show their numbers. */
function change({
  after,
  revision = 1,
  put = [],
  remove = [],
}: {
  readonly after?: number | undefined;
  readonly revision?: number;
  readonly put?: readonly number[];
  readonly remove?: readonly number[];
}): ShelfCommit {
  return {
    after,
    catalogue: { revision, bytes: Uint8Array.of(revision, revision) },
    put: new Map(put.map((id) => [id, Uint8Array.of(id, id)])),
    remove,
  };
}
