import type { Examples } from "@tributary/client-sdk";
import type { RandomSource } from "@tributary/protocol";

/**
 * What malicious clients do in training rounds. They change what they train on or what they report,
 * and never the server. An attack holds no state, and runs in any thread.
 */
export interface Attack {
  /** Whether attackers use what others of them have trained, who must then train as in FedAvg. */
  readonly colludes?: true;
  /** What an attacker trains on. Its own examples, if it is left out. */
  poison?(attacker: Attacker): Examples;
  /**
   * What an attacker reports in place of its update, as long as that. It is not clipped any more.
   * @param update - What it has trained, clipped; belongs to the attack.
   */
  forge?(update: Float32Array, attacker: Attacker): Float32Array | Promise<Float32Array>;
  /**
   * What shows how often the attack succeeds: held-out examples, with the labels that attackers want
   * the model to give them, which are not the true ones. Left out where attackers only want the model
   * to be bad.
   * @param classCount - Classes in the data.
   */
  aim?(heldOut: Examples, classCount: number): Examples;
}

/** What an attack knows of the round and of the client that it runs in. */
export interface Attacker {
  readonly client: number;
  readonly roundNumber: number;
  /** How many clients are selected in the round. */
  readonly cohort: number;
  /** The attackers among them, ascending. */
  readonly accomplices: readonly number[];
  /** The first of all attackers, selected or not. */
  readonly leader: number;
  /** Classes in the data. */
  readonly classCount: number;
  /** The same for the same run, client and round. */
  readonly random: RandomSource;
  /** The examples that a client trains on, in memory that belongs to the attack. */
  readonly examplesOf: (client: number) => Examples;
  /** The update that another attacker would report if it were honest. */
  readonly honestUpdateOf: (client: number) => Promise<Float32Array>;
  /** Does something once in a round and thread, whichever attacker asks for it first. */
  readonly once: (work: () => Promise<Float32Array>) => Promise<Float32Array>;
}
