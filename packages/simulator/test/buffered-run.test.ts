import { deserialize, serialize } from "node:v8";
import { seededRandom } from "@tributary/protocol";
import { parseStrict } from "@tributary/protocol/schemas";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadAlgorithm } from "../src/algorithms/load-algorithm.ts";
import { requireNoConflict } from "../src/algorithms/conflicts.ts";
import { requireAttackFits } from "../src/attacks/attack-conflicts.ts";
import { attackOptions } from "../src/attacks/attack-options.ts";
import { Population } from "../src/population/population.ts";
import { populationOptions } from "../src/population/population-options.ts";
import { BufferedRun } from "../src/runner/buffered-run.ts";
import { ClientsInFlight } from "../src/runner/clients-in-flight.ts";
import { instantDevices, type Devices } from "../src/runner/devices.ts";
import { DirectRun } from "../src/runner/direct-run.ts";
import type { RunSnapshot } from "../src/runner/run-snapshot.ts";
import type { RunTerms } from "../src/runner/simulated-task.ts";
import { descend, plus, times, type Parameters } from "./algorithms/linear-reference.ts";
import { CLIENTS, RATE, initialOf, linearData, linearTerms } from "./algorithms/linear-world.ts";
import {
  crypto,
  dataOf,
  depsOf,
  poolOf,
  stoppingAfter,
  termsOf,
  toItsEnd,
} from "./simulation-world.ts";

const data = dataOf(12);
const [one, three] = [poolOf(data, 1), poolOf(data, 3)];
const linear = poolOf(linearData, 1);

// Starting threads takes longer than a test may.
beforeAll(async () =>
  toItsEnd(await DirectRun.begin(termsOf({ stop: { rounds: 1 } }), depsOf(three))),
);

afterAll(async () => {
  await Promise.all([one, three, linear].map((pool) => pool.close()));
});

/** Devices whose speeds have a heavy tail, and of which some leave. */
function phones(dropout = 0): Devices {
  const options = { secondsPerExample: { name: "pareto", least: 0.1, shape: 1.1 }, dropout };
  const said = { code: "CONFIG_INVALID", what: "It" } as const;
  const parsed = parseStrict(populationOptions, options, said);
  return new Population(parsed, new Uint32Array(12).fill(12), seededRandom(crypto, 3));
}

const fedBuff = (sections: object = {}, devices = phones(0.1)): RunTerms => ({
  ...termsOf({
    algorithm: { name: "fedbuff", concurrency: 4 },
    round: { goalCount: 3 },
    ...sections,
  }),
  devices,
});

describe("FedBuff", () => {
  it("moves by updates that count less the staler they are", async () => {
    const seconds = [1, 2, 3.5];
    const devices: Devices = {
      ...instantDevices(3),
      course: (arrival, work, random) => ({
        ...instantDevices(3).course(arrival, work, random),
        reportedMs: 1_000 * seconds[arrival.client]!,
      }),
    };
    const terms: RunTerms = {
      ...linearTerms(
        {
          algorithm: { name: "fedbuff", concurrency: 3 },
          round: { goalCount: 1, overselection: 1 },
        },
        6,
      ),
      devices,
    };
    const run = await BufferedRun.begin(terms, 3, depsOf(linear));
    const { signal } = new AbortController();
    // Who ends when follows from the speeds alone: each begins again as soon as it has reported.
    const ends = [
      ...[
        [1, 0],
        [2, 1],
        [2, 0],
        [3, 0],
        [3.5, 2],
        [4, 1],
      ].map(([at, client]) => ({ at: at!, client: client! })),
    ];
    const models: Parameters[] = [initialOf(terms)];
    const version = [0, 0, 0];
    for (const [step, { at, client }] of ends.entries()) {
      const from = models[version[client]!]!;
      const update = plus(descend(from, CLIENTS[client]!, 4, RATE), from, -1);
      const staleness = step - version[client]!;
      models.push(plus(models[step]!, times(update, (1 + staleness) ** -0.5)));
      version[client] = step + 1;
      const round = await run.next(signal);
      expect(round).toMatchObject({
        number: step + 1,
        reported: 1,
        staleness,
        endedAtMs: 1_000 * at,
      });
    }
    const [actual, expected] = [[...run.weights], models.at(-1)!];
    expect(Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(
      4e-6,
    );
  });

  it("gives the same checkpoint with one thread and with three, and after an interruption", async () => {
    const terms = fedBuff();
    const alone = await toItsEnd(await BufferedRun.begin(terms, 4, depsOf(one)));
    const together = await toItsEnd(await BufferedRun.begin(terms, 4, depsOf(three)));
    expect(together.checkpoint).toBe(alone.checkpoint);
    const stop = new AbortController();
    const begun = await BufferedRun.begin(terms, 4, depsOf(stoppingAfter(7, one, stop)));
    await expect(toItsEnd(begun, stop.signal)).rejects.toThrow("aborted");
    const stored = deserialize(serialize(begun.snapshot())) as RunSnapshot;
    const later = await toItsEnd(await BufferedRun.begin(terms, 4, depsOf(one), stored));
    expect(later.checkpoint).toBe(alone.checkpoint);
  });

  it("is done sooner than rounds that wait for the slowest, and loses those that leave", async () => {
    const stop = { rounds: 20 };
    const waiting = { ...fedBuff({ stop, algorithm: { name: "fedavg" } }, phones()) };
    const rounds = await toItsEnd(await DirectRun.begin(waiting, depsOf(one)));
    const buffered = await toItsEnd(
      await BufferedRun.begin(fedBuff({ stop }, phones()), 4, depsOf(one)),
    );
    const endOf = (run: typeof rounds): number => run.snapshot!().rounds.at(-1)!.endedAtMs;
    expect(endOf(buffered)).toBeLessThan(endOf(rounds));
    const leaving = await toItsEnd(
      await BufferedRun.begin(fedBuff({ stop }, phones(0.4)), 4, depsOf(one)),
    );
    const ended = leaving.snapshot!().rounds;
    expect(ended.every(({ reported }) => reported === 3)).toBe(true);
    expect(
      ended.some(
        ({ fates, wastedSeconds }) => (fates.left["training"] ?? 0) > 0 && wastedSeconds > 0,
      ),
    ).toBe(true);
  });

  it("is refused with what needs rounds", async () => {
    const options = { name: "fedbuff", concurrency: 4 } as const;
    const algorithm = await loadAlgorithm(options);
    const { task } = termsOf({ evaluation: { everyRounds: 2 } });
    expect(() => requireNoConflict("fedbuff", algorithm, { task, engine: "fused" })).toThrow(
      /fedbuff cannot work with evaluation.everyRounds/,
    );
    const attack = attackOptions.parse({ name: "sign-flip", clients: [1] });
    expect(() => requireAttackFits(attack, { task, algorithm, name: "fedbuff" })).toThrow(
      /sign-flip cannot work with the algorithm fedbuff/,
    );
  });
});

describe("clients in flight", () => {
  it("are lost when they leave, even where devices work in no time", () => {
    const instant = instantDevices(2);
    const devices: Devices = {
      ...instant,
      course: (arrival, work, random) => ({
        ...instant.course(arrival, work, random),
        leavesMs: arrival.client === 0 ? 0 : Infinity,
      }),
    };
    const random = seededRandom(crypto, 1);
    const clients = new ClientsInFlight({ devices, random, concurrency: 2 });
    clients.fill(0, 0, { epochs: 1, bytesDown: 0, bytesUp: 0 });
    const landed = [clients.land()!, clients.land()!];
    for (const { client, isLost } of landed) expect(isLost).toBe(client === 0);
  });
});
