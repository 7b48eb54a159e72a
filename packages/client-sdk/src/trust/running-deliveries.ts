import { abortable } from "../runtime/abort.ts";
import type { ModelDelivery } from "./model-delivery.ts";

/**
 * The deliveries of one client that are under way, over whichever of its connections. A slow link
 * should not bring the same model twice.
 */
export class RunningDeliveries {
  readonly #running: Set<ModelDelivery> = new Set();
  readonly #watchers: Set<(delivery: ModelDelivery) => void> = new Set();

  /** Takes note of a delivery that begins. @returns The delivery. */
  add(delivery: ModelDelivery): ModelDelivery {
    if (delivery.isOver || delivery.cached) return delivery;
    this.#running.add(delivery);
    for (const watch of this.#watchers) watch(delivery);
    const over = (): boolean => this.#running.delete(delivery);
    delivery.model.then(over, over);
    return delivery;
  }

  /**
   * Waits until none is under way. What they have brought is in the cache then, or what has come of it.
   * @throws TributaryError `ABORTED` when `signal` is aborted.
   */
  async idle(signal: AbortSignal): Promise<void> {
    while (this.#running.size > 0) {
      const models = [...this.#running].map(({ model }) => model);
      await abortable(Promise.allSettled(models), signal);
    }
  }

  /**
   * Watches for another delivery of the same checkpoint.
   * @param signal - Ends the watch.
   * @returns Resolves when there is one.
   */
  another(own: ModelDelivery, signal: AbortSignal): Promise<undefined> {
    return new Promise((resolve) => {
      const watch = (delivery: ModelDelivery): void => {
        if (delivery !== own && delivery.checkpointId === own.checkpointId) resolve(undefined);
      };
      for (const delivery of this.#running) watch(delivery);
      this.#watchers.add(watch);
      signal.addEventListener("abort", () => this.#watchers.delete(watch), { once: true });
    });
  }
}
