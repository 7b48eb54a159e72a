import { createKernels, createLibsodiumProvider } from "@tributary/protocol";
import { systemClock } from "../runtime/system-clock.ts";
import { buildLayersModel, createTrainer } from "./lazy-engines.ts";
import type { Platform } from "./platform.ts";
import { connectWithWebSocket } from "./web-socket.ts";

/**
 * The adapters for browsers and their workers: libsodium for cryptography, and the browser's own
 * WebSocket.
 */
export const platform: Platform = {
  connect: connectWithWebSocket,
  clock: systemClock,
  createCrypto: createLibsodiumProvider,
  createKernels,
  createTrainer,
  createModel: buildLayersModel,
};
