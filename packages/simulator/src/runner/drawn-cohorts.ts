import { cohortSize } from "@tributary/core";
import {
  shuffledIndices,
  type RandomSource,
  type RoundPurpose,
  type TaskDefinition,
} from "@tributary/protocol";

/**
 * Draws from a seed which clients take part in each round. Without this, the clients that happen to
 * be quicker would be taken, and no run could be repeated.
 */
export class DrawnCohorts {
  readonly #definition: TaskDefinition;
  readonly #clients: number;
  readonly #random: RandomSource;
  #rounds: number;

  /**
   * @param clients - Number of clients in all.
   * @param drawn - For how many rounds cohorts have been drawn before.
   */
  constructor(definition: TaskDefinition, clients: number, random: RandomSource, drawn = 0) {
    this.#rounds = drawn;
    this.#definition = definition;
    this.#clients = clients;
    this.#random = random;
  }

  /** Whether some rounds take fewer clients than there are. If none does, nothing is drawn. */
  get arePartial(): boolean {
    const purposes: RoundPurpose[] = ["training"];
    if (this.#definition.evaluation.everyRounds !== null) purposes.push("evaluation");
    return purposes.some((purpose) => this.#sizeOf(purpose) < this.#clients);
  }

  /**
   * Draws the cohort of a round that has just opened. A round that is tried again gets another one.
   * @returns The numbers of the clients, from 0.
   */
  draw(purpose: RoundPurpose): readonly number[] {
    const { random, size } = this.next(purpose);
    return [...shuffledIndices(this.#clients, random).subarray(0, size)];
  }

  /** The stream that decides the next cohort, and how many clients it has. */
  next(purpose: RoundPurpose): { readonly random: RandomSource; readonly size: number } {
    this.#rounds += 1;
    return { random: this.#random.derive(`round ${this.#rounds}`), size: this.#sizeOf(purpose) };
  }

  #sizeOf(purpose: RoundPurpose): number {
    const { round, evaluation } = this.#definition;
    const goalCount =
      purpose === "training" ? round.goalCount : (evaluation.goalCount ?? round.goalCount);
    return cohortSize({ ...round, goalCount });
  }
}
