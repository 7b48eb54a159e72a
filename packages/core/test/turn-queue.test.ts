import fc from "fast-check";
import { expect, it } from "vitest";

import { TurnQueue } from "../src/member/turn-queue.ts";

interface Claim {
  readonly task: string;
  readonly site: string;
  readonly id: number;
}

function queueOf(turns: number, claims: readonly (readonly [task: string, site: string])[]) {
  const queue = new TurnQueue<Claim>(turns);
  claims.forEach(([task, site], id) => queue.add({ task, site, id }));
  return queue;
}

/** Serves everybody, one after the other. */
function order(queue: TurnQueue<Claim>): number[] {
  const served: number[] = [];
  for (let claim = queue.next(); claim !== undefined; claim = queue.next()) {
    served.push(claim.id);
    queue.release(claim);
  }
  return served;
}

it("tasks take turns, and so do the sites of a task, however many claims each has", () => {
  const crowd = (["one", "one", "one", "one"] as const).map((site) => ["crowded", site] as const);
  const queue = queueOf(1, [...crowd, ["crowded", "two"], ["small", "one"], ["small", "one"]]);
  expect(order(queue)).toEqual([0, 5, 4, 6, 1, 2, 3]);
});

it("claims of one site are served in the order in which they came", () => {
  const queue = queueOf(1, [
    ["a", "x"],
    ["a", "x"],
    ["a", "x"],
  ]);
  expect(order(queue)).toEqual([0, 1, 2]);
});

it("keeps its last turns for tasks and for sites that have none", () => {
  const queue = queueOf(
    16,
    Array.from({ length: 20 }, () => ["a", "x"] as const),
  );
  const take = (): number => {
    let count = 0;
    while (queue.next() !== undefined) count += 1;
    return count;
  };
  expect(take()).toBe(12);
  for (let id = 100; id < 105; id++) queue.add({ task: "a", site: `other ${id}`, id });
  expect(take()).toBe(2);
  for (let id = 200; id < 205; id++) queue.add({ task: `b ${id}`, site: "x", id });
  expect(take()).toBe(2);
});

it("never uses more turns than it has, and serves everybody once turns are given back", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.record({ task: fc.nat(3), site: fc.nat(5), isReleased: fc.boolean() })),
      (turns, steps) => {
        const queue = new TurnQueue<Claim>(turns);
        const served = new Set<number>();
        let expected = 0;
        const grant = (): void => {
          for (let claim = queue.next(); claim !== undefined; claim = queue.next()) {
            expect(served.has(claim.id)).toBe(false);
            served.add(claim.id);
          }
          expect(queue.using.size).toBeLessThanOrEqual(turns);
        };
        steps.forEach(({ task, site, isReleased }, id) => {
          const claim = { task: `${task}`, site: `${site}`, id };
          queue.add(claim);
          if (isReleased) queue.release(claim);
          else expected += 1;
          if (isReleased) queue.release(claim);
          grant();
        });
        while (queue.using.size > 0) {
          for (const claim of queue.using) queue.release(claim);
          grant();
        }
        expect(served.size).toBe(expected);
        expect(queue.isAwaited).toBe(false);
      },
    ),
  );
});
