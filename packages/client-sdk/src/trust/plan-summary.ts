import {
  basesToReport,
  measuresToReport,
  rangesSize,
  type SymmetricCrypto,
  type RoundPurpose,
} from "@tributary/protocol";
import { conditionsSentence } from "../conditions/unmet.ts";
import { bitsPerValue } from "./floors/bits-per-value.ts";
import { termsOf } from "./floors/check-floors.ts";
import type { VerifiedPlan } from "./verified-model.ts";

/** What a client would do now with a plan. */
export interface WorkToDo {
  /** Whether the client trains, or measures the model on its held-out examples. */
  readonly purpose: RoundPurpose;
  /** How many of the client's examples the work is about. */
  readonly exampleCount: number;
}

/** What a plan comes to on this device: what would be done, and what would leave it. */
export interface PlanSummary extends WorkToDo {
  readonly task: string;
  readonly population: string;
  /** SHA-256 of the model's topology in canonical JSON, hexadecimal: see the floor `topologies`. */
  readonly topologyHash: string;
  /** The number of the model's parameters, frozen ones included. */
  readonly parameters: number;
  /** How many of them are trained and sent; 0 in an evaluation. */
  readonly sentParameters: number;
  /** The number of optimizer steps; 0 where nothing is trained. */
  readonly steps: number;
  /** The largest number of bytes of the update; 0 in an evaluation. */
  readonly updateBytes: number;
  /** The names of the figures that are reported besides the number of examples. */
  readonly reported: readonly string[];
  /** The fewest clients whose updates are combined before anything is made of them. */
  readonly minimumCohort: number;
  /** The same in plain English: one sentence a line. */
  readonly text: string;
}

/** Says what a plan comes to. */
export function planSummary(
  crypto: SymmetricCrypto,
  verified: VerifiedPlan,
  { purpose, exampleCount }: WorkToDo,
): PlanSummary {
  const { plan, layout, parts } = verified;
  const { localEpochs, batchSize, metrics } = plan.training;
  const { topologyHash, updateBytes } = termsOf(crypto, verified);
  const sends = purpose === "training";
  const trains = sends && plan.statistics === undefined;
  const summary = {
    purpose,
    exampleCount,
    task: plan.task,
    population: plan.population,
    topologyHash,
    parameters: layout.size,
    sentParameters: sends ? rangesSize(parts.updated) + rangesSize(parts.statistics) : 0,
    steps: trains ? localEpochs * Math.ceil(exampleCount / batchSize) : 0,
    updateBytes: sends ? updateBytes : 0,
    reported: [
      ...measuresToReport(metrics),
      ...basesToReport(plan).map(({ name }) => `sums of ${name}`),
    ],
    minimumCohort: plan.minimumCohort,
  };
  const when = conditionsSentence(plan.conditions);
  return {
    ...summary,
    text: [
      whatIsDone(verified, summary),
      ...(when === undefined ? [] : [when]),
      ...whatLeaves(verified, summary),
    ].join("\n"),
  };
}

type Facts = Omit<PlanSummary, "text">;

function whatIsDone(
  { plan }: VerifiedPlan,
  { purpose, task, exampleCount, parameters, steps }: Facts,
): string {
  if (plan.statistics !== undefined) {
    return `The task ${task} counts the columns of a table with ${exampleCount} rows on this device.`;
  }
  return purpose === "evaluation"
    ? `The task ${task} measures a model of ${parameters} parameters on ${exampleCount} held-out examples of this device.`
    : `The task ${task} trains a model of ${parameters} parameters in ${steps} steps on ${exampleCount} examples of this device.`;
}

function whatLeaves({ plan }: VerifiedPlan, facts: Facts): string[] {
  const { sentParameters, updateBytes, reported, minimumCohort } = facts;
  const bound = plan.clipNorm === null ? "not bounded" : `bounded to a norm of ${plan.clipNorm}`;
  const update =
    plan.statistics === undefined
      ? `An update of ${sentParameters} values leaves the device in at most ${updateBytes} bytes, with about ${bitsPerValue(plan.update)} bits for each value; it is ${bound}.`
      : `Counts and means in ${sentParameters} values leave the device in at most ${updateBytes} bytes.`;
  return [
    ...(sentParameters === 0 ? [] : [update]),
    `The number of examples and these figures leave the device: ${reported.join(", ")}.`,
    `The server combines what at least ${minimumCohort} ${minimumCohort === 1 ? "client sends" : "clients send"}. The examples themselves stay on the device.`,
  ];
}
