/**
 * The number of devices in each population. The store is asked once for each, and this class keeps
 * count from then on.
 */
export class DeviceCounts {
  readonly #ask: (population: string) => Promise<number>;
  readonly #counts: Map<string, Promise<{ devices: number }>> = new Map();

  /**
   * @param ask - Counts a population's devices in the store, including revoked ones, whose rows
   * stay.
   */
  constructor(ask: (population: string) => Promise<number>) {
    this.#ask = ask;
  }

  /**
   * Adds a device if there is room for one more, counting those that are being added at the same
   * time.
   * @param maximum - The largest number of devices that the population may have.
   * @returns Whether there was room.
   * @throws Whatever counting or adding throws. The device is not counted then.
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

  /**
   * Asks the store again the next time, for when devices may have been added without this class.
   */
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
