import { Tally } from "./tally.ts";

/**
 * Clients are counted by the second in which they are due. A second is short beside any wait that
 * is worth counting, and long enough to keep the number of counters small.
 */
const BUCKET_MS = 1_000;

/**
 * How much too early a client may come, in milliseconds. Its clock may run a little faster than the
 * server's.
 */
const EARLY_MS = 500;

/** A client that is told when to come back, by everything that the server knows it by. */
export interface AwayClient {
  /** Stands for the client's connection; only its identity matters. */
  readonly connection: object;
  /** Where the client connects from. */
  readonly site: string;
  /** The client's device; undefined where the client has not proved which one it is. */
  readonly device: string | undefined;
}

/** Who is due in one second. */
interface Due {
  /** Number of clients by site. */
  readonly sites: Map<string, number>;
  readonly devices: string[];
}

/**
 * Counts the clients that have been told when to come back and are not due yet, and knows when each
 * of them is due. Times are milliseconds of one clock that does not go back.
 */
export class ClientsAway {
  readonly #due: Map<number, Due> = new Map();
  /** Until when each client is away, by its connection and by its device. */
  readonly #connections: WeakMap<object, number> = new WeakMap();
  readonly #devices: Map<string, number> = new Map();
  readonly #sites: Tally;
  /** All counters of earlier seconds have been dropped. */
  #firstBucket: number;

  /** @param siteShare - For how many clients one site counts at most in the view of another one. */
  constructor(nowMs: number, siteShare: number) {
    this.#firstBucket = bucketOf(nowMs);
    this.#sites = new Tally(siteShare);
  }

  /**
   * Counts a client as away. A client that is away already stays so until the time that it was told
   * first.
   * @param afterMs - After how long the client comes back; ≥ 0.
   */
  add(client: AwayClient, afterMs: number, nowMs: number): void {
    if (this.#untilMs(client) > nowMs) return;
    const { connection, site, device } = client;
    this.#connections.set(connection, nowMs + afterMs);
    const bucket = bucketOf(nowMs + afterMs);
    if (bucket <= bucketOf(nowMs)) return; // it comes back within this second
    const due: Due = this.#due.get(bucket) ?? { sites: new Map(), devices: [] };
    this.#due.set(bucket, due);
    due.sites.set(site, (due.sites.get(site) ?? 0) + 1);
    this.#sites.add(site);
    if (device === undefined) return;
    due.devices.push(device);
    this.#devices.set(device, nowMs + afterMs);
  }

  /**
   * How long a client should still stay away, in milliseconds; 0 for a client that is due, that is
   * hardly too early, or that was told nothing.
   */
  leftMs(client: AwayClient, nowMs: number): number {
    const leftMs = this.#untilMs(client) - nowMs;
    return leftMs > EARLY_MS ? leftMs : 0;
  }

  /** Number of clients of a site that are away now. */
  countOf(site: string, nowMs: number): number {
    this.#dropDue(nowMs);
    return this.#sites.count(site);
  }

  /**
   * Number of clients that are away now, in the view of one site: every other site counts for its
   * share at most.
   */
  count(nowMs: number, site: string): number {
    this.#dropDue(nowMs);
    return this.#sites.boundedTotal(site);
  }

  #untilMs({ connection, device }: AwayClient): number {
    const ofDevice = device === undefined ? undefined : this.#devices.get(device);
    return Math.max(this.#connections.get(connection) ?? 0, ofDevice ?? 0);
  }

  #dropDue(nowMs: number): void {
    const now = bucketOf(nowMs);
    if (now - this.#firstBucket > this.#due.size) {
      for (const bucket of this.#due.keys()) if (bucket <= now) this.#drop(bucket);
    } else {
      for (let bucket = this.#firstBucket; bucket <= now; bucket++) this.#drop(bucket);
    }
    this.#firstBucket = now;
  }

  #drop(bucket: number): void {
    const due = this.#due.get(bucket);
    if (due === undefined) return;
    this.#due.delete(bucket);
    for (const [site, count] of due.sites) {
      for (let client = 0; client < count; client++) this.#sites.remove(site);
    }
    for (const device of due.devices) {
      if (bucketOf(this.#devices.get(device) ?? 0) === bucket) this.#devices.delete(device);
    }
  }
}

function bucketOf(atMs: number): number {
  return Math.floor(atMs / BUCKET_MS);
}
