import type { RoundFates, RoundKind } from "@tributary/core";
import type { CheckpointId } from "@tributary/protocol";
import type { ClientFigures } from "./figures-by-client.ts";

/** A round of a simulation that has ended, as its record says. */
export interface SimulatedRound {
  readonly kind: RoundKind;
  readonly number: number;
  readonly outcome: "committed" | "abandoned";
  /** Why it was abandoned; null when it was committed. */
  readonly reason: string | null;
  /** The checkpoint that it made; null when it made none. */
  readonly checkpoint: CheckpointId | null;
  /** How many clients were selected, and how many reports counted. */
  readonly selected: number;
  readonly reported: number;
  readonly fates: RoundFates;
  /** Examples behind the reports that counted. */
  readonly exampleCount: number;
  /** What the clients have measured, by name: see `TaskDefinition.plan.metrics`. */
  readonly metrics: Readonly<Record<string, number>>;
  /**
   * How each of these is distributed over the clients of an evaluation; absent in other rounds, and
   * with fidelity `wire`.
   */
  readonly byClient?: Readonly<Record<string, ClientFigures>>;
  /**
   * What the checkpoint reaches on the data's held-out examples; undefined when it was not scored.
   * With an attack that aims at certain answers, `attackSuccessRate` is the share of examples that get
   * them.
   */
  readonly score?: Readonly<Record<string, number>>;
  /** How many steps old the models were that clients had trained from, on average; of FedBuff. */
  readonly staleness?: number;
  /** Bytes of updates, and of models. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** For how long members' devices have worked, in virtual seconds, all together. */
  readonly deviceSeconds: number;
  /** The part of it that came to no report that counts. */
  readonly wastedSeconds: number;
  /** When the round ended, in virtual milliseconds after the beginning of the run. */
  readonly endedAtMs: number;
  /** How long the round took in virtual time. */
  readonly roundTimeMs: number;
  /** How long it took here, without the score. */
  readonly seconds: number;
  /** How long the engines worked in that time, over all threads. */
  readonly trainerSeconds: number;
}
