import { createKernels, type Plan } from "@tributary/protocol";
import { createNobleProvider } from "@tributary/protocol/crypto-noble";
import { createWebCryptoProvider } from "@tributary/protocol/crypto-web";
import { systemClock } from "../runtime/system-clock.ts";
import { createFusedTrainer } from "../training/fused/fused-trainer.ts";
import type { EngineChoice, LocalTrainer } from "../training/local-trainer.ts";
import type { ThreadPlatform } from "./platform.ts";
import { connectWithWebSocket } from "./web-socket.ts";

/**
 * The adapters for the Worker of a client. It trains with the fused engine and with no other: its
 * script is one file, and tfjs would be most of it.
 */
export const workerPlatform: ThreadPlatform = {
  connect: connectWithWebSocket,
  clock: systemClock,
  // libsodium would be half of the script, and is faster than noble where nobody waits for it.
  createCrypto: () => createWebCryptoProvider().catch(createNobleProvider),
  createKernels,
  async createTrainer({ backend }): Promise<LocalTrainer> {
    // Without SIMD the twin would train here, and something in the page may be faster.
    const trainer = await createFusedTrainer({
      backend: backend === "reference" ? "reference" : "wasm",
    });
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
