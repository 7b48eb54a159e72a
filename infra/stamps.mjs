import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Remembers in a small file for which inputs each step of set-up was last done. */
export class Stamps {
  #path;

  /** @param {string} path - A JSON file; a missing or damaged one counts as empty. */
  constructor(path) {
    this.#path = path;
  }

  /**
   * @param {string} step
   * @returns {string | undefined}
   */
  get(step) {
    return this.#read()[step];
  }

  /**
   * @param {string} step
   * @param {string | undefined} value - Undefined forgets the step: say so before it starts.
   */
  set(step, value) {
    mkdirSync(dirname(this.#path), { recursive: true });
    const draft = `${this.#path}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify({ ...this.#read(), [step]: value }, undefined, 2)}\n`);
    renameSync(draft, this.#path);
  }

  /** @returns {Record<string, string>} */
  #read() {
    try {
      return JSON.parse(readFileSync(this.#path, "utf8"));
    } catch {
      return {};
    }
  }
}
