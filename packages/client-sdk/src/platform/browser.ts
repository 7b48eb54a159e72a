import { createKernels, createLibsodiumProvider } from "@tributary/protocol";
import { systemClock } from "../runtime/clock.ts";
import { buildLayersModel, createTrainer } from "./lazy-engines.ts";
import type { Platform } from "./platform.ts";
import { connectWithWebSocket } from "./web-socket.ts";

/** Browsers and their workers: libsodium and the native WebSocket. */
export const platform: Platform = {
  connect: connectWithWebSocket,
  clock: systemClock,
  createCrypto: createLibsodiumProvider,
  createKernels,
  createTrainer,
  createModel: buildLayersModel,
};
