import type { Examples } from "@tributary/client-sdk";
import type { RandomSource } from "@tributary/protocol";
import type { Attack, Attacker } from "./attack.ts";
import type { AttackOptions } from "./attack-options.ts";
import { createAttack } from "./create-attack.ts";

/** Who attacks in a round. */
export interface AttackedRound {
  /** The attackers that are selected, ascending. */
  readonly accomplices: readonly number[];
  /** The first of all attackers. */
  readonly leader: number;
  /** How many clients are selected. */
  readonly cohort: number;
}

/** What an attack can reach. */
export type Reach = Pick<Attacker, "classCount" | "examplesOf" | "honestUpdateOf">;

/** What an attacker does in a round. */
export interface Sabotage {
  /** What it trains on in place of its own examples, if it does. */
  poison(): Examples | undefined;
  /** What it reports. @param update - What it has trained; may be changed. */
  forge(update: Float32Array): Promise<Float32Array>;
}

/** The attackers' part of a run, in one thread. */
export class AttackPart {
  readonly #attack: Attack;
  readonly #random: RandomSource;
  #once: { readonly roundNumber: number; readonly made: Promise<Float32Array> } | undefined;

  /** @param random - The source of the run. */
  constructor(options: AttackOptions, random: RandomSource) {
    this.#attack = createAttack(options);
    this.#random = random;
  }

  /** See `Attack.aim`. */
  aim(heldOut: Examples, classCount: number): Examples | undefined {
    return this.#attack.aim?.(heldOut, classCount);
  }

  /** What a client does as an attacker of a round; undefined if it is honest. */
  sabotage(
    client: number,
    roundNumber: number,
    round: AttackedRound | undefined,
    reach: Reach,
  ): Sabotage | undefined {
    if (round?.accomplices.includes(client) !== true) return undefined;
    const attacker = this.#attackerOf(client, roundNumber, round, reach);
    return {
      poison: () => this.#attack.poison?.(attacker),
      forge: async (update) => this.#attack.forge?.(update, attacker) ?? update,
    };
  }

  #attackerOf(client: number, roundNumber: number, round: AttackedRound, reach: Reach): Attacker {
    return {
      ...round,
      ...reach,
      client,
      roundNumber,
      random: this.#random.derive(`attack ${client} round ${roundNumber}`),
      once: (work) => {
        if (this.#once?.roundNumber !== roundNumber) {
          this.#once = { roundNumber, made: work() };
        }
        return this.#once.made;
      },
    };
  }
}
