/** Counts how often each key is present, and always knows a key that is present most often. */
export class Tally {
  readonly #counts: Map<string, number> = new Map();
  /** The keys that are present so often. */
  readonly #keys: Map<number, Set<string>> = new Map();
  readonly #share: number;
  #greatest = 0;
  #total = 0;
  #bounded = 0;

  /** @param share - How often one key counts at most in `boundedTotal`. */
  constructor(share: number = Number.POSITIVE_INFINITY) {
    this.#share = share;
  }

  /** A key that no other key is present more often than; undefined while none is present. */
  get greatest(): string | undefined {
    return this.#keys.get(this.#greatest)?.values().next().value;
  }

  /** How often all keys are present. */
  get total(): number {
    return this.#total;
  }

  /** How often a key is present. */
  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** How often all keys are present, where each of them but `own` counts for its share at most. */
  boundedTotal(own: string): number {
    return this.#bounded + Math.max(0, this.count(own) - this.#share);
  }

  /** Counts one more of a key. */
  add(key: string): void {
    this.#move(key, 1);
  }

  /** Takes back one `add`. */
  remove(key: string): void {
    if (this.count(key) > 0) this.#move(key, -1);
  }

  #move(key: string, by: 1 | -1): void {
    const from = this.count(key);
    const to = from + by;
    this.#total += by;
    if (Math.max(from, to) <= this.#share) this.#bounded += by;
    const peers = this.#keys.get(from);
    peers?.delete(key);
    if (peers?.size === 0) this.#keys.delete(from);
    if (to === 0) {
      this.#counts.delete(key);
    } else {
      this.#counts.set(key, to);
      this.#keys.set(to, (this.#keys.get(to) ?? new Set()).add(key));
    }
    if (to > this.#greatest || !this.#keys.has(this.#greatest)) this.#greatest = to;
  }
}
