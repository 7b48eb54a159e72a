import type { Clock } from "@tributary/protocol";
import { LinkedAbort, abortable } from "../runtime/abort.ts";
import { sleep } from "../runtime/sleep.ts";
import type { DeviceConditions, DeviceState } from "./device-conditions.ts";

/** Watches the device from the first time that somebody asks for its state until `close`. */
export class DeviceWatch {
  readonly #device: DeviceConditions;
  readonly #clock: Clock;
  #state: DeviceState = {};
  #opened: Promise<void> | undefined;
  #stop: () => void = () => {};
  readonly #listeners: Set<() => void> = new Set();

  constructor(device: DeviceConditions, clock: Clock) {
    this.#device = device;
    this.#clock = clock;
  }

  /** What the device has told last; nothing before `open` has resolved. */
  get state(): DeviceState {
    return this.#state;
  }

  /** Begins to watch, unless it does already. Resolves when the state is known. */
  open(): Promise<void> {
    this.#opened ??= new Promise((resolve) => {
      this.#stop = this.#device.watch((state) => {
        this.#state = state;
        resolve();
        for (const listener of this.#listeners) listener();
      });
    });
    return this.#opened;
  }

  /**
   * Waits until the device tells something, at most for `mostMs` milliseconds, which may be infinite.
   * @throws TributaryError `ABORTED`.
   */
  async change(mostMs: number, signal: AbortSignal): Promise<void> {
    const over = new LinkedAbort(signal);
    let tell = (): void => {};
    const told = new Promise<void>((resolve) => (tell = resolve));
    this.#listeners.add(tell);
    const due = mostMs === Infinity ? [] : [sleep(this.#clock, mostMs, over.signal)];
    try {
      await abortable(Promise.race([told, ...due]), signal);
    } finally {
      over.abort();
      this.#listeners.delete(tell);
    }
  }

  close(): void {
    this.#stop();
    this.#stop = () => {};
    this.#opened = undefined;
  }
}
