import { createKernels, type Plan } from "@tributary/protocol";
import { createWebCryptoProvider } from "@tributary/protocol/crypto-web";
import { systemClock } from "../runtime/system-clock.ts";
import { createWasmTrainer } from "../training/fused/wasm-trainer.ts";
import type { EngineChoice, LocalTrainer } from "../training/local-trainer.ts";
import { webFailure } from "./web-failure.ts";
import { webNetwork } from "./web-network.ts";
import { webSocketConnector } from "./web-socket.ts";
import { Eligibility } from "../conditions/eligibility.ts";
import { indexedDbUsage } from "./indexed-db-usage.ts";
import type { WorkerPlatform } from "./platform.ts";

/**
 * The adapters for the Worker of a client. Its script is one file, so that it has what is small: Web
 * Crypto, and the fused engine in WebAssembly. Where a browser lacks either, they throw
 * `ENGINE_UNAVAILABLE`, and the client works in the page, which can load more.
 */
export const workerPlatform: WorkerPlatform = {
  connect: webSocketConnector(webFailure),
  clock: systemClock,
  network: webNetwork,
  createEligibility: (deps) => Promise.resolve(new Eligibility(deps)),
  usage: indexedDbUsage,
  createCrypto: createWebCryptoProvider,
  createKernels,
  async createTrainer(): Promise<LocalTrainer> {
    // Without SIMD this throws, and something in the page may be faster than the twin.
    const trainer = await createWasmTrainer();
    return Object.assign(trainer, {
      choose: (_plan: Plan): Promise<EngineChoice> =>
        Promise.resolve({
          engine: "fused",
          backend: trainer.backend,
          reason: "it is the one engine of the Worker",
        }),
    });
  },
};
