import { asTributaryError } from "@tributary/protocol";
import { loadEngine, type Engine } from "./engine.ts";
import type { PageEvent } from "./page-state.ts";
import { Participation } from "./participation.ts";
import { sameSettings, type Settings } from "./settings.ts";

/** Keeps the engine and the participation of the page, across joining and leaving. */
export class Participant {
  readonly #tell: (event: PageEvent) => void;
  #engine: Promise<Engine> | undefined;
  #present: Participation | undefined;
  #leaving: AbortController | undefined;

  constructor(tell: (event: PageEvent) => void) {
    this.#tell = tell;
  }

  /** The participation, which stays after leaving; undefined before the first one. */
  get present(): Participation | undefined {
    return this.#present;
  }

  /**
   * Takes part until `leave` is called. It does nothing when the page takes part already, and it
   * never rejects: errors become events.
   */
  async join(settings: Settings): Promise<void> {
    if (this.#leaving !== undefined) return;
    const leaving = new AbortController();
    this.#leaving = leaving;
    try {
      const participation = await this.#prepare(settings);
      if (!leaving.signal.aborted) await participation.takePart(leaving.signal);
      this.#tell({ type: "left" });
    } catch (error) {
      this.#tell({ type: "failed", error: asTributaryError(error) });
    } finally {
      this.#leaving = undefined;
    }
  }

  /** Stops taking part. `join` may be called again. */
  leave(): void {
    this.#leaving?.abort();
  }

  /** Reuses the participation if the settings are the same, or makes a new one. */
  async #prepare(settings: Settings): Promise<Participation> {
    const before = this.#present;
    const isSame = before !== undefined && sameSettings(before.settings, settings);
    this.#tell({ type: "joining", renewed: !isSame });
    if (isSame) return before;
    this.#present = undefined;
    await before?.close();
    this.#engine ??= loadEngine();
    const engine = await this.#engine.catch((error: unknown) => {
      // The next attempt loads it again.
      this.#engine = undefined;
      throw error;
    });
    const participation = new Participation(settings, engine, this.#tell);
    this.#present = participation;
    const { count: exampleCount } = participation.digits;
    this.#tell({ type: "prepared", exampleCount });
    return participation;
  }
}
