/** How many devices each population holds: asked of the store once, and kept up from then on. */
export class DeviceCounts {
  readonly #ask: (population: string) => Promise<number>;
  readonly #counts: Map<string, Promise<{ devices: number }>> = new Map();

  /** @param ask - Counts a population's devices, revoked ones too: their rows stay. */
  constructor(ask: (population: string) => Promise<number>) {
    this.#ask = ask;
  }

  /**
   * Adds a device if there is room for one more, counting those that are being added at the same time.
   * @returns Whether there was.
   * @throws what counting or adding throws; nothing is counted then.
   */
  async add(population: string, maximum: number, add: () => Promise<void>): Promise<boolean> {
    const count = await this.#count(population);
    if (count.devices >= maximum) return false;
    count.devices += 1;
    try {
      await add();
    } catch (error) {
      count.devices -= 1;
      throw error;
    }
    return true;
  }

  /** The next time the store is asked again: devices may have been added in another way. */
  forget(population: string): void {
    this.#counts.delete(population);
  }

  #count(population: string): Promise<{ devices: number }> {
    const known = this.#counts.get(population);
    if (known !== undefined) return known;
    const asked = this.#ask(population).then((devices) => ({ devices }));
    this.#counts.set(population, asked);
    asked.catch(() => {
      if (this.#counts.get(population) === asked) this.#counts.delete(population);
    });
    return asked;
  }
}
