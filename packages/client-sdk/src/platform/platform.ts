import type { CryptoProvider, Kernels, ModelDescription } from "@tributary/protocol";
import type { LayersModel } from "@tensorflow/tfjs";
import type { Clock } from "../session/clock.ts";
import type { SocketConnector } from "../session/socket.ts";
import type { LocalTrainer } from "../training/local-trainer.ts";
import type { TrainerOptions } from "../training/choose-engine.ts";

/** What a platform gives the client: an adapter for each port. Nothing is loaded before it is asked for. */
export interface Platform {
  readonly connect: SocketConnector;
  readonly clock: Clock;
  /** Makes the cryptography of a client. One client asks once. */
  createCrypto(): Promise<CryptoProvider>;
  /** What encodes updates. One client asks once; many in one process may get the same. */
  createKernels(): Promise<Kernels>;
  /** @throws TributaryError `ENGINE_UNAVAILABLE`. */
  createTrainer(options: TrainerOptions): Promise<LocalTrainer>;
  /** Builds a model of the caller's own from flat parameters, which are copied. */
  createModel(description: ModelDescription, weights: Float32Array): Promise<LayersModel>;
}
