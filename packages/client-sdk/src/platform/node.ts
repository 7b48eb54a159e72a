import { createKernels } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { systemClock } from "../runtime/system-clock.ts";
import { buildLayersModel, createTrainer } from "./lazy-engines.ts";
import type { Platform } from "./platform.ts";
import { connectWithWs } from "./ws-socket.ts";

/** The adapters for Node ≥ 20.19: node:crypto, and the `ws` package for sockets. */
export const platform: Platform = {
  connect: connectWithWs,
  clock: systemClock,
  createCrypto: () => Promise.resolve(createNodeCryptoProvider()),
  createKernels,
  createTrainer,
  createModel: buildLayersModel,
};
