/** Counts how often each key is present, and always knows a key that is present most often. */
export class Tally {
  readonly #counts: Map<string, number> = new Map();
  readonly #keys: Map<number, Set<string>> = new Map();
  #greatest = 0;

  /** A key that no other key is present more often than; undefined while none is present. */
  get greatest(): string | undefined {
    return this.#keys.get(this.#greatest)?.values().next().value;
  }

  /** How often a key is present. */
  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.#move(key, this.count(key) + 1);
  }

  /** Takes back one `add`. */
  remove(key: string): void {
    if (this.count(key) > 0) this.#move(key, this.count(key) - 1);
  }

  #move(key: string, to: number): void {
    const from = this.count(key);
    const peers = this.#keys.get(from);
    peers?.delete(key);
    if (peers?.size === 0) this.#keys.delete(from);
    if (to === 0) this.#counts.delete(key);
    else {
      this.#counts.set(key, to);
      this.#keys.set(to, (this.#keys.get(to) ?? new Set()).add(key));
    }
    if (to > this.#greatest || !this.#keys.has(this.#greatest)) this.#greatest = to;
  }
}
