// What takes a while to load, and is loaded once a page: the cryptography and what trains.
import { createTrainer, type LocalTrainer } from "@tributary/client-sdk";
import { createLibsodiumProvider, type CryptoProvider } from "@tributary/protocol";
import plainUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";
import simdUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import threadedUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url";

export interface Engine {
  readonly crypto: CryptoProvider;
  readonly trainer: LocalTrainer;
  /** Predicts and scores meanwhile. */
  readonly predictor: LocalTrainer;
}

/** @throws TributaryError `ENGINE_UNAVAILABLE` in a browser without WebAssembly. */
export async function loadEngine(): Promise<Engine> {
  // For a plan that the fused trainer does not take: tfjs looks for its files beside the script; the bundler has put
  // them elsewhere.
  const wasmPaths = {
    "tfjs-backend-wasm.wasm": plainUrl,
    "tfjs-backend-wasm-simd.wasm": simdUrl,
    "tfjs-backend-wasm-threaded-simd.wasm": threadedUrl,
  };
  const [crypto, trainer, predictor] = await Promise.all([
    createLibsodiumProvider(),
    createTrainer({ wasmPaths }),
    createTrainer({ wasmPaths }),
  ]);
  return { crypto, trainer, predictor };
}
