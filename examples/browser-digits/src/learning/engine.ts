// The parts that take a while to load and are loaded once for each page: the cryptography and a trainer
// of the page's own.
import { createTrainer, type LocalTrainer } from "@tributary/client-sdk";
import { createLibsodiumProvider, type CryptoProvider } from "@tributary/protocol";
import plainUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";
import simdUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import threadedUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url";

/** What the page needs besides the SDK's client. */
export interface Engine {
  readonly crypto: CryptoProvider;
  /** Predicts and measures models. The client trains elsewhere, in a Worker. */
  readonly predictor: LocalTrainer;
}

/**
 * Loads everything.
 * @throws TributaryError `ENGINE_UNAVAILABLE` in a browser without WebAssembly.
 */
export async function loadEngine(): Promise<Engine> {
  // tfjs is needed for plans that the fused engine refuses. It looks for its files beside the
  // script, but the bundler has put them elsewhere.
  const wasmPaths = {
    "tfjs-backend-wasm.wasm": plainUrl,
    "tfjs-backend-wasm-simd.wasm": simdUrl,
    "tfjs-backend-wasm-threaded-simd.wasm": threadedUrl,
  };
  const [crypto, predictor] = await Promise.all([
    createLibsodiumProvider(),
    createTrainer({ wasmPaths }),
  ]);
  return { crypto, predictor };
}
