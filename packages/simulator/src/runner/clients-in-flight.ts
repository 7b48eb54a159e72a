import type { RandomSource } from "@tributary/protocol";
import type { Devices, MemberWork } from "./devices.ts";

/** A client that trains. Times are virtual milliseconds since the beginning of the run. */
export interface ClientInFlight {
  readonly client: number;
  /** How many clients have begun before it. */
  readonly order: number;
  /** The number of the step whose model it trains from. */
  readonly version: number;
  readonly epochs: number;
  readonly beganMs: number;
  readonly endsMs: number;
  /** Whether it leaves before it reports. */
  readonly isLost: boolean;
}

/** What is needed to go on with clients in flight. */
export interface FlightSnapshot {
  readonly flying: readonly ClientInFlight[];
  readonly begun: number;
  /** Clients that have begun or ended since the last step. */
  readonly seen: readonly number[];
}

/**
 * The clients of an asynchronous run that train at the same time. A client that ends makes room for
 * another one. None begins twice from the same model.
 */
export class ClientsInFlight {
  readonly #devices: Devices;
  readonly #random: RandomSource;
  readonly #concurrency: number;
  readonly #flying: ClientInFlight[];
  readonly #seen: Set<number>;
  #begun: number;

  /** @param random - Decides who begins next. */
  constructor(
    {
      devices,
      random,
      concurrency,
    }: {
      readonly devices: Devices;
      readonly random: RandomSource;
      readonly concurrency: number;
    },
    snapshot: FlightSnapshot = { flying: [], begun: 0, seen: [] },
  ) {
    this.#devices = devices;
    this.#random = random;
    this.#concurrency = concurrency;
    this.#flying = [...snapshot.flying];
    this.#begun = snapshot.begun;
    this.#seen = new Set(snapshot.seen);
  }

  /** The oldest version that a client still trains from; `newest` if nobody trains. */
  oldestVersion(newest: number): number {
    return this.#flying.reduce((oldest, { version }) => Math.min(oldest, version), newest);
  }

  /** Lets clients begin until as many train as may. @returns How many have begun. */
  fill(version: number, nowMs: number, work: MemberWork): number {
    const before = this.#begun;
    while (this.#flying.length < this.#concurrency) {
      if (!this.#begin(version, nowMs, work)) break;
    }
    return this.#begun - before;
  }

  /** Takes out the client that ends first; undefined if nobody trains. */
  land(): ClientInFlight | undefined {
    const [first] = this.#flying.toSorted((a, b) => a.endsMs - b.endsMs || a.order - b.order);
    if (first !== undefined) this.#flying.splice(this.#flying.indexOf(first), 1);
    return first;
  }

  /** The server has made a step: clients that have ended may begin again. */
  stepped(): void {
    this.#seen.clear();
  }

  /** What is needed to go on. */
  snapshot(): FlightSnapshot {
    return { flying: [...this.#flying], begun: this.#begun, seen: [...this.#seen] };
  }

  #begin(version: number, nowMs: number, work: MemberWork): boolean {
    const busy = new Set([...this.#seen, ...this.#flying.map(({ client }) => client)]);
    const random = this.#random.derive(`client ${this.#begun}`);
    const arrivals = this.#devices.gather(random, nowMs, busy.size + 1);
    const arrival = arrivals.find(({ client }) => !busy.has(client));
    if (arrival === undefined) return false;
    const { client, comesMs } = arrival;
    const course = this.#devices.course(arrival, work, random);
    this.#flying.push({
      ...{ client, version, order: this.#begun, epochs: course.epochs, beganMs: comesMs },
      endsMs: comesMs + Math.min(course.reportedMs, course.leavesMs),
      isLost: course.leavesMs <= course.reportedMs,
    });
    this.#seen.add(client);
    this.#begun += 1;
    return true;
  }
}
