import { TributaryError, createKernels } from "@tributary/protocol";
import { createNobleProvider } from "@tributary/protocol/crypto-noble";
import { settableDevice } from "../conditions/device-conditions.ts";
import { Eligibility } from "../conditions/eligibility.ts";
import { memoryUsageStore } from "../conditions/usage-store.ts";
import { systemClock } from "../runtime/system-clock.ts";
import { buildLayersModel, createTrainer } from "./plain-engines.ts";
import type { Platform } from "./platform.ts";
import { webSocketConnector } from "./web-socket.ts";

/** What the SDK uses of the platform that not every version of React Native has, and who gives it. */
const GIVEN_BY: Readonly<Record<string, string>> = {
  TextEncoder: "fast-text-encoding",
  TextDecoder: "fast-text-encoding",
  URL: "react-native-url-polyfill/auto",
};

/**
 * The adapters for React Native: its own WebSocket, the cryptography of noble, and training in plain
 * JavaScript, since its engine has no WebAssembly. An app injects what it has better.
 */
export const platform: Platform = {
  connect: webSocketConnector(() =>
    Promise.resolve(
      new TributaryError("CONNECTION_FAILED", "The server could not be reached", {
        remedy:
          "Check the address, the network, and that the device trusts the server's certificate.",
      }),
    ),
  ),
  clock: systemClock,
  // What the device is like is known to modules of the app's, which it injects.
  device: settableDevice(),
  createEligibility: (deps) => Promise.resolve(new Eligibility(deps)),
  usage: memoryUsageStore(),
  async createCrypto() {
    requireGlobals();
    return createNobleProvider();
  },
  createKernels,
  createTrainer,
  createModel: buildLayersModel,
};

/** @throws TributaryError `ENGINE_UNAVAILABLE`, which names the package that gives what is missing. */
function requireGlobals(): void {
  const missing = Object.entries(GIVEN_BY).find(([name]) => !(name in globalThis));
  if (missing === undefined) return;
  const [name, giver] = missing;
  throw new TributaryError("ENGINE_UNAVAILABLE", `This version of React Native has no ${name}`, {
    remedy: `Install ${giver}, and import it before @tributary/client-sdk.`,
  });
}
