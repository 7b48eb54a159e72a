// Prints one line for each step, with the seconds that it took. On a terminal the seconds count up
// while the step runs. In a log, a long step prints a line now and then, so that nobody takes it for
// stuck.

const LOG_INTERVAL_MS = 30_000;
const TITLE_WIDTH = 44;

export class Progress {
  #stream;
  #heading;
  #headingShown = false;

  /**
   * @param {object} [options]
   * @param {NodeJS.WriteStream} [options.stream] - Default: standard error, so that piped output stays clean.
   * @param {string} [options.heading] - A line printed once, before the first step.
   */
  constructor({ stream = process.stderr, heading } = {}) {
    this.#stream = stream;
    this.#heading = heading;
  }

  /**
   * Runs one step and shows it.
   * @template T
   * @param {string} title - At most 44 characters, so that the seconds line up.
   * @param {() => Promise<T>} work
   * @param {(result: T) => string} [summary] - Words for the end of the line.
   * @returns {Promise<T>}
   */
  async step(title, work, summary = () => "") {
    if (this.#heading !== undefined && !this.#headingShown) this.line(this.#heading);
    this.#headingShown = true;

    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1000;
    const padded = `  ${title.padEnd(TITLE_WIDTH)}`;
    const onTerminal = this.#stream.isTTY;
    const show = () => {
      if (onTerminal) this.#stream.write(`\r${padded}${seconds().toFixed(0).padStart(6)} s`);
      else this.line(`${padded}${seconds().toFixed(0).padStart(6)} s, still running`);
    };
    const timer = setInterval(show, onTerminal ? 1000 : LOG_INTERVAL_MS);
    if (onTerminal) show();
    const finish = (/** @type {string} */ words) => {
      clearInterval(timer);
      if (onTerminal) this.#stream.write("\r\u001B[2K");
      this.line(`${padded}${seconds().toFixed(1).padStart(6)} s${words && `  ${words}`}`);
    };
    try {
      const result = await work();
      finish(summary(result));
      return result;
    } catch (error) {
      finish("failed");
      throw error;
    }
  }

  /** @param {string} text */
  line(text) {
    this.#stream.write(`${text}\n`);
  }
}
