import { createKernels } from "@tributary/protocol";
import { systemClock } from "../runtime/system-clock.ts";
import { createBrowserCrypto } from "./browser-crypto.ts";
import { buildLayersModel, createTrainer } from "./lazy-engines.ts";
import type { Platform } from "./platform.ts";
import { webNetwork } from "./web-network.ts";
import { connectWithWebSocket } from "./web-socket.ts";

/** The adapters for browsers and their workers: their own WebSocket, and Web Crypto if it will do. */
export const platform: Platform = {
  connect: connectWithWebSocket,
  clock: systemClock,
  network: webNetwork,
  createCrypto: createBrowserCrypto,
  createKernels,
  createTrainer,
  createModel: buildLayersModel,
};
