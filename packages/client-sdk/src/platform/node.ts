import { createKernels } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { join } from "node:path";
import { systemClock } from "../runtime/system-clock.ts";
import { createEligibility } from "./lazy-eligibility.ts";
import { fileUsage } from "./file-usage.ts";
import { buildLayersModel, createTrainer } from "./lazy-engines.ts";
import { machineDevice } from "./machine-device.ts";
import type { Platform } from "./platform.ts";
import { connectWithWs } from "./ws-socket.ts";

/** The adapters for Node ≥ 20.19: node:crypto, and the `ws` package for sockets. */
export const platform: Platform = {
  connect: connectWithWs,
  clock: systemClock,
  device: machineDevice({ clock: systemClock }),
  createEligibility,
  usage: fileUsage(join(".tributary", "usage")),
  createCrypto: () => Promise.resolve(createNodeCryptoProvider()),
  createKernels,
  createTrainer,
  createModel: buildLayersModel,
};
