// What a page knows of its device is loaded when somebody first asks for conditions.
import type { DeviceConditions } from "../conditions/device-conditions.ts";
import type { UsageStore } from "../conditions/usage-store.ts";

/** The device of this page. */
export const browserDevice: DeviceConditions = {
  watch(tell) {
    const over = new AbortController();
    void import("./browser-device.ts").then(({ createBrowserDevice }) => {
      if (over.signal.aborted) return;
      const stop = createBrowserDevice(globalThis).watch(tell);
      over.signal.addEventListener("abort", stop, { once: true });
    });
    return () => over.abort();
  },
};

/** The account of a day's work in IndexedDB. */
export const lazyUsage: UsageStore = {
  load: async (name) => (await import("./indexed-db-usage.ts")).indexedDbUsage.load(name),
  save: async (name, usage) =>
    (await import("./indexed-db-usage.ts")).indexedDbUsage.save(name, usage),
};
