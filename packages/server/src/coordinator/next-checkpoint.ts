import {
  checkpointIdOf,
  encodeCheckpoint,
  type CryptoProvider,
  type TaskId,
  type ValueRange,
} from "@tributary/protocol";
import { fedAvgStep } from "../aggregation/fedavg.ts";
import type { RoundAggregate } from "../aggregation/round-aggregate.ts";
import type { NewCheckpoint } from "../storage/round-store.ts";
import { eventLoopTurn } from "./event-loop-turn.ts";
import type { TaskBase } from "./task-base.ts";

/** The model after a round, and the checkpoint that is stored of it. */
export interface NextCheckpoint {
  readonly base: TaskBase;
  readonly stored: NewCheckpoint;
}

/** What a round's reports make of the checkpoint that its cohort trained from, which is not modified. */
export async function nextCheckpoint(input: {
  readonly crypto: CryptoProvider;
  readonly taskId: TaskId;
  readonly base: TaskBase;
  readonly ranges: readonly ValueRange[];
  readonly aggregate: RoundAggregate;
  readonly learningRate: number;
  readonly nowMs: number;
}): Promise<NextCheckpoint> {
  const { crypto, taskId, base, ranges, aggregate, learningRate, nowMs } = input;
  const update = await aggregate.combine(eventLoopTurn);
  const weights = fedAvgStep(base.weights, ranges, update, learningRate);
  const bytes = encodeCheckpoint(weights);
  const id = checkpointIdOf(crypto, bytes);
  const roundNumber = base.roundNumber + 1;
  return {
    base: { roundNumber, checkpointId: id, weights },
    stored: {
      record: { id, taskId, roundNumber, byteLength: bytes.length, createdAtMs: nowMs },
      bytes,
    },
  };
}
