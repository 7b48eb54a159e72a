import { describe, expect, it } from "vitest";
import { aborted } from "../src/runtime/abort.ts";
import { inOneTab, type TabLocks } from "../src/worker/one-tab.ts";

/** Locks as a browser keeps them for all tabs of an origin. */
function tabLocks(): TabLocks {
  const held = new Map<string, Promise<unknown>>();
  return {
    async request(name, { ifAvailable = false, signal }, work) {
      if (ifAvailable && held.has(name)) return work(null);
      while (held.has(name)) {
        await Promise.race([
          held.get(name),
          new Promise((_, reject) => signal?.addEventListener("abort", () => reject(aborted()))),
        ]);
      }
      const done = work({});
      held.set(
        name,
        done.catch(() => {}).then(() => held.delete(name)),
      );
      return done;
    },
  };
}

interface Tab {
  readonly told: string[];
  readonly end: () => void;
  readonly done: Promise<void>;
  readonly close: () => void;
}

function open(locks: TabLocks | undefined, name = "keyboard"): Tab {
  const told: string[] = [];
  const closing = new AbortController();
  let end = (): void => {};
  const done = inOneTab(
    { name, locks, signal: closing.signal },
    () => told.push("waits"),
    () => {
      told.push("works");
      return new Promise<void>((resolve) => (end = resolve));
    },
  );
  return { told, done, end: () => end(), close: () => closing.abort() };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the tabs of an origin", () => {
  it("let one of them take part, and the next one when it has ended", async () => {
    const locks = tabLocks();
    const [first, second] = [open(locks), open(locks)];
    await settled();
    expect([first.told, second.told]).toEqual([["works"], ["waits"]]);
    first.end();
    await first.done;
    await settled();
    expect(second.told).toEqual(["waits", "works"]);
    second.end();
    await second.done;
  });

  it("do not exclude each other in different populations, nor where there are no locks", async () => {
    const locks = tabLocks();
    const tabs = [open(locks, "a"), open(locks, "b"), open(undefined), open(undefined)];
    await settled();
    expect(tabs.map(({ told }) => told)).toEqual(tabs.map(() => ["works"]));
    for (const { end } of tabs) end();
    await Promise.all(tabs.map(({ done }) => done));
  });

  it("stop waiting when they are told to", async () => {
    const locks = tabLocks();
    const [first, second] = [open(locks), open(locks)];
    await settled();
    second.close();
    await expect(second.done).rejects.toMatchObject({ code: "ABORTED" });
    first.end();
    await first.done;
    expect(second.told).toEqual(["waits"]);
  });
});
