import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import type { MemberCourse } from "./member-course.ts";

/** A client that comes to be selected. */
export interface Arrival {
  readonly client: number;
  /** When it comes, virtual milliseconds since the beginning of the run. */
  readonly comesMs: number;
}

/** What a member of a round has to do. */
export interface MemberWork {
  /** Passes over its examples, of which a straggler makes fewer; 0 in an evaluation. */
  readonly epochs: number;
  readonly bytesDown: number;
  readonly bytesUp: number;
}

/** The devices of a run's clients in virtual time: who can be selected when, and what takes how long. */
export interface Devices {
  /**
   * Gathers those that come to be selected for a round.
   * @param order - Decides the order of those that come at the same time.
   * @param openMs - When the round opens, virtual milliseconds.
   * @param size - How many the round takes.
   * @returns At most `size` clients in the order in which they come.
   */
  gather(order: RandomSource, openMs: number, size: number): readonly Arrival[];
  /**
   * What a member does in a round, and when.
   * @param random - The stream of the round.
   */
  course(arrival: Arrival, work: MemberWork, random: RandomSource): MemberCourse;
}

/** Devices that are always there and take no time. */
export function instantDevices(clients: number): Devices {
  return {
    gather: (order, openMs, size) =>
      Array.from(shuffledIndices(clients, order).subarray(0, size), (client) => ({
        client,
        comesMs: openMs,
      })),
    course: ({ client, comesMs }, { epochs }) => ({
      client,
      comesMs,
      epochs,
      configuredMs: 0,
      reportedMs: 0,
      leavesMs: Infinity,
    }),
  };
}
