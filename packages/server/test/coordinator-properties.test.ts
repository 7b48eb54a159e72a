// Tests random histories of a task. Clients come, report, send invalid reports, and leave. Time
// passes, the store fails, and the server is stopped or killed. After every history the stored
// records must agree with each other and with what clients were told.
import { TributaryError, type RoundId } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { totalOf, makesCheckpoint } from "@tributary/core";
import { openMemoryStore } from "../src/storage/memory.ts";
import type { RoundRecord, RoundStore, TaskRecord } from "../src/storage/round-store.ts";
import type { ServerEvent } from "../src/telemetry/server-event.ts";
import { ManualClock } from "@tributary/protocol/testing";
import { exampleTask } from "@tributary/core/testing";
import {
  DIMENSION,
  INITIAL,
  MODEL,
  codeOf,
  makeWorld,
  quiet,
  type MemoryParticipant,
  type World,
} from "./coordinator-world.ts";

type ClientAct = "checkIn" | "report" | "reportTwice" | "lie" | "withdraw" | "leave" | "begin";

type Act =
  | { readonly type: ClientAct; readonly client: number }
  /** The clients from the first one to this one do it, one after the other. */
  | { readonly type: "checkInTo" | "reportTo"; readonly client: number }
  | { readonly type: "wait"; readonly ms: number }
  | { readonly type: "storeFails" | "storeForgetsToAnswer" | "storeIsBack" }
  | { readonly type: "stop" | "kill" }
  /** Orders of operators. They may name a round that does not exist. */
  | { readonly type: "rollBack" | "evaluate"; readonly round: number };

const CLIENTS = 8;

const acts: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      type: fc.constantFrom(
        ...(["checkIn", "checkIn", "checkIn", "report", "report", "report", "report"] as const),
        ...(["reportTwice", "lie", "withdraw", "leave", "begin"] as const),
      ),
      client: fc.nat(CLIENTS - 1),
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      type: fc.constantFrom("checkInTo" as const, "reportTo" as const),
      client: fc.nat(CLIENTS - 1),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("wait" as const),
      ms: fc.constantFrom(500, 2_000, 11_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom("storeFails" as const, "storeForgetsToAnswer" as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("storeIsBack" as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("stop" as const, "kill" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom("rollBack" as const, "evaluate" as const),
      round: fc.nat(3),
    }),
  },
);

const crypto = createNodeCryptoProvider();

/** One store, and the servers that use it one after the other. */
class History {
  readonly clock = new ManualClock(1_700_000_000_000);
  readonly #storage = openMemoryStore({ crypto });
  #mood: "well" | "fails" | "forgets" = "well";
  /** The number of the server that is alive. Older ones reach neither the store nor clients. */
  #living = 0;
  world!: World;
  clients: MemoryParticipant[] = [];
  task!: TaskRecord;
  /** Number of reports of each round that clients were told count. */
  readonly counted = new Map<RoundId, number>();
  /** The events of all servers. */
  readonly events: ServerEvent[] = [];
  #names = 0;

  async begin(): Promise<void> {
    this.#connect();
    const task = await this.world.coordinator.createTask(
      exampleTask({
        round: { goalCount: 3, overselection: 1.4, minimumFraction: 0.6 },
        evaluation: { judgedBy: "clients", everyRounds: 2 },
      }),
      MODEL,
      INITIAL,
    );
    this.task = await this.world.coordinator.startTask(task.id);
  }

  async restart(isOrderly: boolean): Promise<void> {
    if (isOrderly) await this.world.coordinator.close();
    this.#connect();
    // A server starts only while its store answers.
    this.#mood = "well";
    await this.world.coordinator.recover();
  }

  async act(act: Act): Promise<void> {
    switch (act.type) {
      case "wait":
        this.clock.advance(act.ms);
        break;
      case "storeFails":
        this.#mood = "fails";
        break;
      case "storeForgetsToAnswer":
        this.#mood = "forgets";
        break;
      case "storeIsBack":
        this.#mood = "well";
        break;
      case "stop":
      case "kill":
        await this.restart(act.type === "stop");
        break;
      case "rollBack":
        await this.#order(this.world.coordinator.rollBackTask(this.task.id, act.round));
        break;
      case "evaluate":
        await this.#order(this.world.coordinator.requestEvaluation(this.task.id, act.round));
        break;
      case "checkInTo":
      case "reportTo":
        for (let i = 0; i <= act.client; i++) {
          this.#clientActs(act.type === "checkInTo" ? "checkIn" : "report", i);
        }
        break;
      default:
        this.#clientActs(act.type, act.client);
    }
    await quiet();
  }

  rounds(): Promise<RoundRecord[]> {
    return this.#storage.rounds.rounds(this.task.id);
  }

  async weightsOf(id: RoundRecord["checkpoint"]): Promise<Float32Array> {
    const bytes = id === null ? undefined : await this.#storage.checkpoints.get(id);
    if (bytes === undefined) throw new Error("A checkpoint is not stored");
    return new Float32Array(bytes.slice().buffer);
  }

  #connect(): void {
    const living = ++this.#living;
    const isAlive = (): boolean => living === this.#living;
    const never = new Promise<never>(() => {});
    const { rounds } = this.#storage;
    const store = new Proxy(rounds, {
      get: (target, name: keyof RoundStore) => {
        const method = target[name];
        if (typeof method !== "function") return method;
        return async (...args: never[]) => {
          if (!isAlive()) return never;
          if (this.#mood === "fails") throw unavailable();
          const answer = await (method as (...all: never[]) => Promise<unknown>).apply(
            target,
            args,
          );
          if (!isAlive()) return never;
          if (this.#mood === "forgets" && name === "commit") throw unavailable();
          return answer;
        };
      },
    });
    this.world = makeWorld({
      seed: living,
      clock: this.clock,
      storage: { ...this.#storage, rounds: store },
      listener: (event) => {
        if (isAlive()) this.events.push(event);
      },
    });
    this.clients = Array.from({ length: CLIENTS }, () => this.#newClient());
  }

  /**
   * Gives an order. An order that is refused must change nothing, and an order to a killed server is
   * never answered.
   */
  async #order(order: Promise<unknown>): Promise<void> {
    await Promise.race([order.catch(() => {}), quiet()]);
  }

  #newClient(): MemoryParticipant {
    const client = this.world.client(`client-${this.#names++}`);
    const tell = client.tell.bind(client);
    client.tell = (message) => {
      const { roundId } = message;
      if (message.type === "reportResult" && message.refused === undefined) {
        this.counted.set(roundId, (this.counted.get(roundId) ?? 0) + 1);
      }
      tell(message);
    };
    return client;
  }

  #clientActs(type: ClientAct, index: number): void {
    const client = this.clients[index]!;
    const last = client.told.at(-1)?.type;
    const isTraining = last === "configured";
    if (type === "leave") {
      client.disconnect();
      this.clients[index] = this.#newClient();
    } else if (type === "checkIn") {
      // The gateway's session does the same: it takes no check-in from a member of a cohort.
      if (last === undefined || last === "ended" || last === "rejected") {
        codeOf(() => client.checkIn({ heldOutCount: index % 2 === 0 ? 4 : 0 }));
      }
    } else if (type === "begin" && isTraining) {
      codeOf(() => client.begin());
    } else if (type === "withdraw" && isTraining) {
      client.withdraw();
      this.clients[index] = this.#newClient();
    } else if (type === "lie" && isTraining) {
      client.attempt({ update: new Float32Array(DIMENSION).fill(Number.NaN) });
      client.disconnect();
      this.clients[index] = this.#newClient();
    } else if ((type === "report" || type === "reportTwice") && isTraining) {
      codeOf(() => reportAsAsked(client));
      if (type === "reportTwice") codeOf(() => reportAsAsked(client));
    }
  }
}

/** Makes a report with an update, or with metrics alone in an evaluation. */
function reportAsAsked(client: MemoryParticipant): void {
  if (client.configuration?.purpose === "training") client.report();
  else client.report({ payload: new Uint8Array(0), header: { codec: "" } });
}

const unavailable = (): TributaryError =>
  new TributaryError("STORAGE_UNAVAILABLE", "The store does not answer", { remedy: "Wait." });

/** Checks what must be true of the store after any history. */
async function checkStore(history: History): Promise<number> {
  const rounds = await history.rounds();
  const committed = rounds.filter(
    ({ outcome, kind }) => outcome === "committed" && makesCheckpoint(kind),
  );
  expect(committed.map(({ number }) => number)).toEqual(committed.map((_, i) => i + 1));
  const checkpoints = [history.task.initialCheckpoint];
  for (const round of committed) {
    const base = checkpoints.at(-1)!;
    expect(round.baseCheckpoint).toBe(base);
    const weights = await history.weightsOf(round.checkpoint);
    if (round.kind === "rollback") {
      expect(checkpoints).toContain(round.checkpoint);
    } else {
      expect(round.reported).toBeGreaterThanOrEqual(2); // 0.6 of three
      expect(round.reported).toBeLessThanOrEqual(3);
      // Every valid report adds ten examples and moves each value by 1. So none was counted twice,
      // and no invalid one was counted.
      expect(round.exampleCount).toBe(10 * round.reported);
      const before = await history.weightsOf(base);
      expect([...weights]).toEqual([...before].map((value) => value + 1));
    }
    checkpoints.push(round.checkpoint!);
  }
  for (const round of rounds) {
    const { fates } = round;
    expect(round.reported).toBe(fates.reported);
    expect(round.rejected).toBe(totalOf(fates.refused));
    expect(round.droppedOut).toBe(totalOf(fates.withdrew) + totalOf(fates.left));
    expect(round.selected).toBe(
      round.reported + round.rejected + round.droppedOut + totalOf(fates.unfinished),
    );
    expect(round.reported).toBe(history.counted.get(round.id) ?? 0);
    if (round.kind === "evaluation") {
      expect(round.baseCheckpoint).toBe(checkpoints[round.number]);
      expect(round.checkpoint).toBeNull();
    } else {
      expect(round.number).toBeLessThanOrEqual(committed.length + 1);
    }
  }
  return committed.length;
}

/**
 * Checks that the events have told once, and once only, what became of each member of a round, so
 * that whoever counts them counts no member twice.
 */
function checkEvents(events: readonly ServerEvent[]): void {
  const told = new Map<RoundId, string[]>();
  const selected = new Map<RoundId, number>();
  const tell = (id: RoundId, fate: string): void =>
    void told.set(id, [...(told.get(id) ?? []), fate]);
  for (const event of events) {
    if (event.type === "round-started") selected.set(event.roundId, event.cohort);
    if (event.type === "report-accepted") tell(event.roundId, "reported");
    if (event.type === "report-refused") tell(event.roundId, `refused ${event.error.code}`);
    if (event.type === "member-withdrew") tell(event.roundId, `withdrew ${event.code}`);
    if (event.type === "member-left") tell(event.roundId, `left ${event.stage}`);
    if (event.type !== "round-ended" || !selected.has(event.round.id)) continue;
    const { id, fates } = event.round;
    const { reported, refused, withdrew, left, unfinished } = fates;
    const inRecord = Object.entries({ refused, withdrew, left }).flatMap(([fate, reasons]) =>
      Object.entries(reasons).flatMap(([why, count]) => Array(count).fill(`${fate} ${why}`)),
    );
    inRecord.push(...Array(reported).fill("reported"));
    expect((told.get(id) ?? []).toSorted()).toEqual(inRecord.toSorted());
    expect(selected.get(id)).toBe(inRecord.length + totalOf(unfinished));
    // Whatever came after the end would be counted a second time.
    told.set(id, []);
    selected.delete(id);
  }
  for (const [id, fates] of told) if (!selected.has(id)) expect(fates).toEqual([]);
}

describe("a task, for any history of clients, store and server", () => {
  it(
    "commits each round once, from the checkpoint before it, and counts each report once",
    { timeout: 60_000 },
    async () => {
      let committed = 0;
      let abandoned = 0;
      let evaluated = 0;
      let rolledBack = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(acts, { minLength: 20, maxLength: 120 }), async (sequence) => {
          const history = new History();
          await history.begin();
          for (const act of sequence) await history.act(act);
          committed += await checkStore(history);
          abandoned += (await history.rounds()).filter(({ reason }) => reason !== null).length;

          // When nothing fails any more, the task goes on.
          await history.act({ type: "storeIsBack" });
          await history.restart(true);
          const before = await checkStore(history);
          for (const client of history.clients) client.checkIn({ heldOutCount: 10 });
          await quiet();
          // An evaluation may be due first.
          for (let turn = 0; turn < 2 && (await checkStore(history)) === before; turn++) {
            await history.act({ type: "reportTo", client: CLIENTS - 1 });
            await history.act({ type: "checkInTo", client: CLIENTS - 1 });
          }
          expect(await checkStore(history)).toBe(before + 1);
          checkEvents(history.events);
          const all = await history.rounds();
          evaluated += all.filter(
            ({ kind, reason }) => kind === "evaluation" && reason === null,
          ).length;
          rolledBack += all.filter(({ kind }) => kind === "rollback").length;
          await history.world.coordinator.close();
        }),
        { numRuns: 200, seed: 20_261_140 },
      );
      // The histories must reach all kinds of rounds, or the test would prove little.
      expect(committed).toBeGreaterThan(100);
      expect(abandoned).toBeGreaterThan(100);
      expect(evaluated).toBeGreaterThan(20);
      expect(rolledBack).toBeGreaterThan(20);
    },
  );
});
