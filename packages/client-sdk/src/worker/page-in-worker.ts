import { seededRandom, type SymmetricCrypto } from "@tributary/protocol";
import type { WorkerPort } from "@tributary/protocol/worker-port";
import type { FederatedClientOptions } from "../client-core/client-options.ts";
import type { ExampleStore } from "../examples/example-store.ts";
import { ASK, type CrossingOptions, type StoreInPage, type StoreName } from "./crossing-options.ts";
import type { PageTalk } from "./conversations.ts";

/** The page as the Worker sees it. */
export type Page = WorkerPort<PageTalk>;

/**
 * The options of a client in the Worker: those that have crossed, and in place of the parts of the app
 * what asks the page for them.
 */
export function optionsInWorker(
  page: Page,
  { stores, token, approvesPlans, deviceKey, seed, ...data }: CrossingOptions,
  crypto: SymmetricCrypto | undefined,
): FederatedClientOptions {
  return {
    ...data,
    examples: storeInPage(page, "examples", stores.examples),
    ...(stores.heldOut === undefined
      ? {}
      : { heldOut: storeInPage(page, "heldOut", stores.heldOut) }),
    ...(token === undefined ? {} : { token: token === ASK ? askForToken(page) : token }),
    ...(approvesPlans
      ? { approvePlan: (plan, summary) => page.ask("approvePlan", { plan, summary }) }
      : {}),
    ...(deviceKey === undefined
      ? {}
      : { deviceKey: deviceKey === ASK ? keyStoreInPage(page) : deviceKey }),
    ...(seed === undefined || crypto === undefined ? {} : { random: seededRandom(crypto, seed) }),
  };
}

function storeInPage(
  page: Page,
  store: StoreName,
  described: StoreInPage | undefined,
): ExampleStore {
  return {
    count: () => page.ask("countExamples", store),
    load: (signal, contract) => page.ask("loadExamples", { store, contract }, { signal }),
    ...(described?.hasTable === true
      ? { table: (signal) => page.ask("loadTable", store, { signal }) }
      : {}),
  };
}

const askForToken =
  (page: Page): Exclude<FederatedClientOptions["token"], string | undefined> =>
  ({ signal, ...request }) =>
    page.ask("token", request, { signal });

const keyStoreInPage = (page: Page): Exclude<FederatedClientOptions["deviceKey"], undefined> => ({
  load: () => page.ask("loadDeviceKey", undefined),
  save: (seed) => page.ask("saveDeviceKey", seed),
});
