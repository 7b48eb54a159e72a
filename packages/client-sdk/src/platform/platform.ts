import type { Clock, ClientCrypto, ModelDescription, UpdateKernels } from "@tributary/protocol";
import type { LayersModel } from "@tensorflow/tfjs";
import type { NetworkSource } from "../session/network-source.ts";
import type { DeviceConditions } from "../conditions/device-conditions.ts";
import type { Eligibility, EligibilityDeps } from "../conditions/eligibility.ts";
import type { UsageStore } from "../conditions/usage-store.ts";
import type { SocketConnector } from "../session/socket.ts";
import type { LocalTrainer } from "../training/local-trainer.ts";
import type { TrainerOptions } from "../engine-choice/trainer-options.ts";

/**
 * What the work of a client needs of a platform: one adapter for each port. Nothing is loaded before
 * it is asked for.
 */
export interface ThreadPlatform {
  /** Opens WebSockets. */
  readonly connect: SocketConnector;
  /** Measures time and waits. */
  readonly clock: Clock;
  /** Tells of changes of the network; absent where the platform does not. */
  readonly network?: NetworkSource | undefined;
  /** Tells what the device is like. It is asked only where somebody sets conditions. */
  readonly device: DeviceConditions;
  /** Makes what decides about conditions. It is asked only where somebody sets conditions. */
  createEligibility(deps: EligibilityDeps): Promise<Eligibility>;
  /** Keeps account of budgets of a day. It is asked only where somebody sets one. */
  readonly usage: UsageStore;
  /** Makes the cryptography of a client. One client asks once. */
  createCrypto(): Promise<ClientCrypto>;
  /**
   * Loads the codecs' inner loops, which encode updates and unpack models. A client asks once.
   * Several clients of one process may be given the same object.
   */
  createKernels(): Promise<UpdateKernels>;
  /**
   * Makes a trainer, which the caller disposes.
   * @throws TributaryError `ENGINE_UNAVAILABLE` when no engine that the options allow can be used.
   */
  createTrainer(options: TrainerOptions): Promise<LocalTrainer>;
}

/** What a Worker of a page has. It asks the page what the device is like. */
export type WorkerPlatform = Omit<ThreadPlatform, "device">;

/** What a platform provides, with what an app asks of it beside the work. */
export interface Platform extends ThreadPlatform {
  /**
   * Builds a tfjs model, which the caller disposes. `weights` holds all parameters, flat, and is
   * copied.
   */
  createModel(description: ModelDescription, weights: Float32Array): Promise<LayersModel>;
}
