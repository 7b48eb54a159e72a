import { TributaryError, createKernels } from "@tributary/protocol";
import { systemClock } from "../runtime/system-clock.ts";
import { createBrowserCrypto } from "./browser-crypto.ts";
import { createEligibility } from "./lazy-eligibility.ts";
import { browserDevice, lazyUsage } from "./lazy-device.ts";
import { buildLayersModel, createTrainer } from "./lazy-engines.ts";
import type { Platform } from "./platform.ts";
import { webNetwork } from "./web-network.ts";
import { webSocketConnector } from "./web-socket.ts";

/** The adapters for browsers and their workers: their own WebSocket, and Web Crypto if it will do. */
export const platform: Platform = {
  connect: webSocketConnector(lazyFailure),
  clock: systemClock,
  network: webNetwork,
  device: browserDevice,
  createEligibility,
  usage: lazyUsage,
  createCrypto: createBrowserCrypto,
  createKernels,
  createTrainer,
  createModel: buildLayersModel,
};

/** The reason why a WebSocket did not come about is loaded when one has failed, if it can be loaded. */
async function lazyFailure(url: string): Promise<TributaryError> {
  try {
    const { webFailure } = await import("./web-failure.ts");
    return await webFailure(url);
  } catch (cause) {
    return new TributaryError("CONNECTION_FAILED", "The server could not be reached", { cause });
  }
}
