import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import { randomStream } from "../random/random-stream.ts";
import type { Arrival, Devices, MemberWork } from "../runner/devices.ts";
import type { MemberCourse } from "../runner/member-course.ts";
import type { TextTable } from "../tables/text-table.ts";
import { drawTraits, type DeviceTraits } from "./device-traits.ts";
import type { PopulationOptions } from "./population-options.ts";

const HOUR_MS = 3_600_000;
const HOURS_OF_DAY = 24;

/** The most hours of virtual time for which a round waits for devices. */
const LONGEST_WAIT_HOURS = 7 * HOURS_OF_DAY;

/**
 * The devices of a simulation in virtual time: who can be selected when, and how long the work of a
 * round takes whom. Everything is drawn from streams with names, so that it does not depend on what
 * was asked before.
 */
export class Population implements Devices {
  readonly #options: PopulationOptions;
  readonly #exampleCounts: ArrayLike<number>;
  readonly #random: RandomSource;
  readonly #traits: DeviceTraits;

  /**
   * @param exampleCounts - How many examples each client has.
   * @param random - Decides everything that is drawn.
   * @param trace - The table that `options.trace` names.
   * @throws TributaryError `CONFIG_INVALID` when the trace cannot be used.
   */
  constructor(
    options: PopulationOptions,
    exampleCounts: ArrayLike<number>,
    random: RandomSource,
    trace?: TextTable,
  ) {
    this.#options = options;
    this.#exampleCounts = exampleCounts;
    this.#random = random;
    const clients = exampleCounts.length;
    this.#traits = drawTraits(options, clients, random.derive("traits"), trace);
  }

  /**
   * See `Devices.gather`: first those that are there in this hour, and then those of later hours,
   * within a week.
   */
  gather(order: RandomSource, openMs: number, size: number): readonly Arrival[] {
    const drawn = shuffledIndices(this.#exampleCounts.length, order);
    if (this.#options.availability === 1) {
      return Array.from(drawn.subarray(0, size), (client) => ({ client, comesMs: openMs }));
    }
    const come = new Map<number, number>();
    const first = Math.floor(openMs / HOUR_MS);
    for (let hour = first; hour < first + LONGEST_WAIT_HOURS && come.size < size; hour++) {
      const isThere = this.#availableIn(hour);
      const comesMs = Math.max(openMs, hour * HOUR_MS);
      for (const client of drawn) {
        if (come.size < size && isThere[client] === 1 && !come.has(client))
          come.set(client, comesMs);
      }
    }
    return Array.from(come, ([client, comesMs]) => ({ client, comesMs }));
  }

  /** See `Devices.course`. */
  course({ client, comesMs }: Arrival, work: MemberWork, random: RandomSource): MemberCourse {
    const { secondsPerExample, downloadBytesPerSecond, uploadBytesPerSecond } = this.#traits;
    const { dropout, stragglers } = this.#options;
    const epochs = stragglers === 0 ? work.epochs : this.#epochsOf(client, work.epochs, random);
    const examples = epochs * this.#exampleCounts[client]!;
    const configuredMs = (1000 * work.bytesDown) / downloadBytesPerSecond[client]!;
    const trainedMs = configuredMs + 1000 * examples * secondsPerExample[client]!;
    const reportedMs = trainedMs + (1000 * work.bytesUp) / uploadBytesPerSecond[client]!;
    const stay = { client, comesMs, epochs, configuredMs, reportedMs, leavesMs: Infinity };
    if (dropout === 0) return stay;
    const stream = randomStream(random.derive(`dropout of ${client}`));
    const isLost = stream.next() < dropout;
    return isLost ? { ...stay, leavesMs: stream.next() * reportedMs } : stay;
  }

  /** How many passes a member makes that may be a straggler. @see arXiv:1812.06127 §5.2 */
  #epochsOf(client: number, epochs: number, random: RandomSource): number {
    const stream = randomStream(random.derive(`straggling of ${client}`));
    const isStraggler = stream.next() < this.#options.stragglers;
    return isStraggler && epochs > 0 ? 1 + stream.below(epochs) : epochs;
  }

  /** Which devices can be selected in an hour since the beginning of the run: 1 for each that can. */
  #availableIn(hour: number): Uint8Array {
    const { availability, timeZones } = this.#options;
    const stream = randomStream(this.#random.derive(`available in hour ${hour}`));
    return Uint8Array.from({ length: this.#exampleCounts.length }, (_, client) => {
      const local = (hour + (client % timeZones)) % HOURS_OF_DAY;
      const share = typeof availability === "number" ? availability : availability[local]!;
      return stream.next() < share ? 1 : 0;
    });
  }
}
