import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import { randomStream } from "../random/random-stream.ts";
import type { MemberCourse } from "../runner/member-course.ts";
import type { TextTable } from "../tables/text-table.ts";
import { drawTraits, type DeviceTraits } from "./device-traits.ts";
import type { PopulationOptions } from "./population-options.ts";

const HOUR_MS = 3_600_000;
const HOURS_OF_DAY = 24;

/** The most hours of virtual time for which a round waits for devices. */
const LONGEST_WAIT_HOURS = 7 * HOURS_OF_DAY;

/** What a member of a round has to do. */
export interface MemberWork {
  /** How often it trains on an example, over all local epochs; 0 in an evaluation. */
  readonly examples: number;
  readonly bytesDown: number;
  readonly bytesUp: number;
}

/**
 * The devices of a simulation in virtual time: who can be selected when, and how long the work of a
 * round takes whom. Everything is drawn from streams with names, so that it does not depend on what
 * was asked before.
 */
export class Population {
  readonly #options: PopulationOptions;
  readonly #clients: number;
  readonly #random: RandomSource;
  readonly #traits: DeviceTraits;

  /**
   * @param clients - The number of clients, each of which has a device.
   * @param random - Decides everything that is drawn.
   * @param trace - The table that `options.trace` names.
   * @throws TributaryError `CONFIG_INVALID` when the trace cannot be used.
   */
  constructor(options: PopulationOptions, clients: number, random: RandomSource, trace?: TextTable) {
    this.#options = options;
    this.#clients = clients;
    this.#random = random;
    this.#traits = drawTraits(options, clients, random.derive("traits"), trace);
  }

  /**
   * Gathers the cohort of a round: the devices that can be selected, in random order, first those of
   * this hour and then those that come later.
   * @param order - The stream of the round.
   * @param openMs - When the round opens, virtual milliseconds.
   * @param size - How many devices the round takes.
   * @returns The clients with the time at which each comes; fewer than `size` when no more come
   *   within a week.
   */
  gather(
    order: RandomSource,
    openMs: number,
    size: number,
  ): readonly { readonly client: number; readonly comesMs: number }[] {
    const drawn = shuffledIndices(this.#clients, order);
    if (this.#options.availability === 1) {
      return Array.from(drawn.subarray(0, size), (client) => ({ client, comesMs: openMs }));
    }
    const come = new Map<number, number>();
    const first = Math.floor(openMs / HOUR_MS);
    for (let hour = first; hour < first + LONGEST_WAIT_HOURS && come.size < size; hour++) {
      const isThere = this.#availableIn(hour);
      const comesMs = Math.max(openMs, hour * HOUR_MS);
      for (const client of drawn) {
        if (come.size < size && isThere[client] === 1 && !come.has(client)) come.set(client, comesMs);
      }
    }
    return Array.from(come, ([client, comesMs]) => ({ client, comesMs }));
  }

  /**
   * What a member does in a round, and when.
   * @param random - The stream of the member in this round.
   */
  course(client: number, comesMs: number, work: MemberWork, random: RandomSource): MemberCourse {
    const { secondsPerExample, downloadBytesPerSecond, uploadBytesPerSecond } = this.#traits;
    const configuredMs = (1000 * work.bytesDown) / downloadBytesPerSecond[client]!;
    const trainedMs = configuredMs + 1000 * work.examples * secondsPerExample[client]!;
    const reportedMs = trainedMs + (1000 * work.bytesUp) / uploadBytesPerSecond[client]!;
    const { dropout } = this.#options;
    const stay = { client, comesMs, configuredMs, reportedMs, leavesMs: Infinity };
    if (dropout === 0) return stay;
    const stream = randomStream(random);
    const isLost = stream.next() < dropout;
    return isLost ? { ...stay, leavesMs: stream.next() * reportedMs } : stay;
  }

  /** Which devices can be selected in an hour since the beginning of the run: 1 for each that can. */
  #availableIn(hour: number): Uint8Array {
    const { availability, timeZones } = this.#options;
    const stream = randomStream(this.#random.derive(`available in hour ${hour}`));
    return Uint8Array.from({ length: this.#clients }, (_, client) => {
      const local = (hour + (client % timeZones)) % HOURS_OF_DAY;
      const share = typeof availability === "number" ? availability : availability[local]!;
      return stream.next() < share ? 1 : 0;
    });
  }
}
