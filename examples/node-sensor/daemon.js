// Reads a sensor, keeps what it has read on this device, and takes part in training on it.
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { FederatedClient, TributaryError, openExampleStore } from "@tributary/client-sdk";
import { Readings, readSensor } from "./readings.js";
import { readSettings } from "./settings.js";

/** @import { Settings } from "./settings.js" */
/** @import { StoredExamples } from "@tributary/client-sdk" */

const DAY_MS = 24 * 3_600_000;

/** @param {Record<string, unknown>} line */
const log = (line) => console.log(JSON.stringify(line));

/** @param {unknown} error */
const messageOf = (error) =>
  error instanceof TributaryError
    ? `${error.code}: ${error.message}. ${error.remedy ?? ""}`.trim()
    : String(error);

/** @param {number} milliseconds @param {AbortSignal} signal - Ends the pause, without an error. */
const pause = (milliseconds, signal) => wait(milliseconds, undefined, { signal }).catch(() => {});

/**
 * Keeps an example for each reading until the signal comes.
 * @param {Settings} settings
 * @param {StoredExamples} store
 * @param {AbortSignal} signal
 */
async function collect({ sensor, unit, everyMs }, store, signal) {
  const readings = new Readings();
  while (!signal.aborted) {
    try {
      const example = readings.add(await readSensor(sensor, unit));
      if (example !== undefined) await store.add(example);
    } catch (error) {
      // A sensor may be away for a while, and a disk full. The next reading is tried all the same.
      log({ event: "not-kept", error: messageOf(error) });
    }
    await pause(everyMs, signal);
  }
}

/**
 * Takes part until the signal comes.
 * @param {FederatedClient} client
 * @param {AbortSignal} signal
 */
async function takePart(client, signal) {
  for await (const event of client.participate({ signal })) {
    if (event.type === "training") continue;
    log({ event: event.type, ...("error" in event ? { error: messageOf(event.error) } : {}) });
  }
}

async function main() {
  const stopping = new AbortController();
  const { signal } = stopping;
  for (const name of ["SIGTERM", "SIGINT"]) process.once(name, () => stopping.abort());

  const settings = readSettings(process.env);
  const store = await openExampleStore({
    ...{ name: "readings", directory: settings.directory },
    ...{ featureShape: [12], labelShape: [1] },
    retention: { maxAgeMs: 30 * DAY_MS, maxCount: 100_000 },
  });
  const { url, serverKey, population, certificate } = settings;
  // A setting that is wrong ends the daemon now, and not when there are examples enough.
  const client = new FederatedClient({
    ...{ url, serverKey, population, examples: store },
    ...(certificate === undefined ? {} : { tls: { ca: await readFile(certificate) } }),
  });
  const collecting = collect(settings, store, signal);
  try {
    while (!signal.aborted && (await store.count()) < settings.leastExamples) {
      await pause(settings.everyMs, signal);
    }
    await takePart(client, signal);
  } finally {
    stopping.abort();
    await client.close();
    await collecting;
    await store.close();
  }
}

main().catch((error) => {
  log({ event: "failed", error: messageOf(error) });
  process.exitCode = 1;
});
