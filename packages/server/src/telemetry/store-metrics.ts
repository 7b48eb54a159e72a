import { Gauge, type Registry } from "prom-client";
import type { StorageUsage } from "../storage/storage.ts";
import type { StoreHealth } from "./store-health.ts";

/** Adds the metrics of the store. It is asked when the metrics are read. */
export function storeMetrics(registry: Registry, health: StoreHealth): void {
  new Gauge({
    name: "tributary_store_up",
    help: "1 when the store answers and takes what is written to it, else 0.",
    registers: [registry],
    async collect() {
      this.set(
        await health.check().then(
          () => 1,
          () => 0,
        ),
      );
    },
  });
  const usage = (name: string, help: string, of: (usage: StorageUsage) => number | undefined) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const value = await health.usage().then(of, () => undefined);
        // What is not known now has no sample, since an old one would hide an outage.
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  usage("tributary_store_size_bytes", "Bytes that the store takes.", ({ bytes }) => bytes);
  usage(
    "tributary_store_free_bytes",
    "Bytes that are free on the disk of the embedded store.",
    ({ freeBytes }) => freeBytes,
  );
}
