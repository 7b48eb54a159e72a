/**
 * Counts the devices of each population. It asks the store once for each population, and keeps the
 * count in memory from then on.
 */
export class DeviceCounts {
  readonly #ask: (population: string) => Promise<number>;
  readonly #counts: Map<string, Promise<{ devices: number }>> = new Map();

  /**
   * @param ask - Counts a population's devices in the store. Revoked devices count too, since their
   *   rows stay.
   */
  constructor(ask: (population: string) => Promise<number>) {
    this.#ask = ask;
  }

  /**
   * Adds a device if there is room for one more, counting those that are being added at the same
   * time.
   * @param maximum - The largest number of devices that the population may have.
   * @returns Whether there was room.
   * @param add - Adds the device to the store.
   * @throws Any error of counting or adding. The device is not counted then.
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
   * Forgets the count of a population, so that the store is asked again. This is needed when
   * devices may have been added without this class.
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
