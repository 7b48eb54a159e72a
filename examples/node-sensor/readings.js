import { readFile } from "node:fs/promises";

/** How many readings the model sees before the one that it predicts. */
const WINDOW = 12;

/**
 * Reads the newest value of a sensor.
 * @param {string} file - A file with one number, such as sysfs has them.
 * @param {number} unit
 * @returns {Promise<number>} The reading in units.
 */
export async function readSensor(file, unit) {
  const text = (await readFile(file, "utf8")).trim();
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) throw new Error(`${file} holds no number`);
  return value / unit;
}

/** Makes an example of each reading and of those before it. */
export class Readings {
  /** @type {number[]} */
  #newest = [];

  /**
   * @param {number} reading
   * @returns {{ features: number[], label: number[] } | undefined} Nothing while there are too few.
   */
  add(reading) {
    const before = this.#newest;
    this.#newest = [...before, reading].slice(-WINDOW);
    return before.length < WINDOW ? undefined : { features: before, label: [reading] };
  }
}
