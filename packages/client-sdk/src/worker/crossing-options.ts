import type { RandomSource } from "@tributary/protocol";
import type { FederatedClientOptions } from "../client-core/client-options.ts";

/** One of the app's example stores. */
export type StoreName = "examples" | "heldOut";

/** What the Worker knows of an example store in the page. */
export interface StoreInPage {
  readonly hasTable: boolean;
}

/** A client's options as the Worker gets them: data, and which parts of the app are to be asked. */
export interface CrossingOptions extends Pick<
  FederatedClientOptions,
  "url" | "population" | "serverKey" | "floors" | "conditions" | "limits" | "backend" | "modelStore"
> {
  readonly stores: Readonly<Record<StoreName, StoreInPage | undefined>>;
  /** The token, or that the app has a function that gets one. */
  readonly token: string | typeof ASK | undefined;
  /** Whether the app wants to be asked about plans. */
  readonly approvesPlans: boolean;
  /** The device's seed, or that the app has a key store. */
  readonly deviceKey: Uint8Array | typeof ASK | undefined;
  /** The seed of the app's source of randomness. */
  readonly seed: Uint8Array | undefined;
}

/** Stands for what the page is asked for. It is no text, which a token might be. */
export const ASK = true;

/** Picks what crosses. */
export function crossingOptions(
  options: FederatedClientOptions,
  stores: CrossingOptions["stores"],
): CrossingOptions {
  const { url, population, serverKey, floors, conditions, limits, backend, modelStore } = options;
  const { token, approvePlan, deviceKey, random } = options;
  return {
    ...{ url, population, serverKey },
    ...(floors === undefined ? {} : { floors }),
    ...(conditions === undefined ? {} : { conditions }),
    ...(limits === undefined ? {} : { limits }),
    ...(backend === undefined ? {} : { backend }),
    ...(modelStore === undefined ? {} : { modelStore }),
    stores,
    token: typeof token === "function" ? ASK : token,
    approvesPlans: approvePlan !== undefined,
    deviceKey: deviceKey === undefined || deviceKey instanceof Uint8Array ? deviceKey : ASK,
    seed: seedOf(random),
  };
}

/**
 * Why a client cannot work in a Worker, as a clause for people to read; `undefined` if it can.
 * @param hasOwnParts - Whether the app has replaced parts of the platform.
 */
export function reasonToStay(
  { worker, trainer, engine, backend, random }: FederatedClientOptions,
  hasOwnParts: boolean,
): string | undefined {
  if (worker === false) return "the app asks for it";
  if (trainer !== undefined) return "the app has given a trainer, which lives in the page";
  if (hasOwnParts) return "the app has replaced parts of the platform, which live in the page";
  if (engine === "tfjs" || engine === "native") {
    return `the engine ${engine}, which the app names, does not work in the Worker`;
  }
  if (backend !== undefined && backend !== "auto" && backend !== "wasm") {
    return `the backend ${backend}, which the app names, does not work in the Worker`;
  }
  if (random !== undefined && seedOf(random) === undefined) {
    return "the app has given a source of randomness that has no seed";
  }
  return undefined;
}

const seedOf = (random: RandomSource | undefined): Uint8Array | undefined => random?.seed?.();
