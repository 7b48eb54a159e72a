/**
 * Takes part in federated training from a browser or from Node. Begin at `FederatedClient`.
 */
export {
  FederatedClient,
  type Checkpoint,
  type FederatedClientDeps,
  type ModelOptions,
  type ParticipateOptions,
} from "./client.ts";
export type { FederatedClientOptions } from "./client-options.ts";
export type {
  ParticipationEvent,
  ParticipationEventType,
} from "./participation/participation-event.ts";
export type { DeviceKeySource, TokenRequest, TokenSource } from "./enrolment/credentials.ts";
export { memoryKeyStore, type KeyStore } from "./enrolment/key-store.ts";
export type { ClientFloors } from "./trust/client-floors.ts";

export { memoryExampleStore, type ExampleStore } from "./examples/example-store.ts";
export type { Examples } from "./examples/examples.ts";
export { holdOut } from "./examples/hold-out.ts";

export {
  buildLayersModel,
  createFusedTrainer,
  createTfjsTrainer,
  createTrainer,
} from "./platform/lazy-engines.ts";
export type { EngineName, Trainer, TrainerOptions } from "./engine-choice/choose-engine.ts";
export type {
  FusedBackendName,
  FusedTrainer,
  FusedTrainerOptions,
} from "./training/fused/fused-trainer.ts";
export type { GradientResult } from "./training/fused/fused-model.ts";
export type { TfjsBackendName, TfjsBackendOptions } from "./training/tfjs-backend.ts";
export type { TfjsTrainer } from "./training/tfjs-trainer.ts";
export type {
  EngineChoice,
  EvaluateRequest,
  LocalTrainer,
  PredictRequest,
  StepTerms,
  TrainingMetrics,
  TrainingProgress,
  TrainRequest,
  TrainResult,
} from "./training/local-trainer.ts";

export type { Platform } from "./platform/platform.ts";
export { systemClock, type Clock } from "./runtime/clock.ts";
export {
  memoryConnector,
  memorySocketPair,
  type MemorySocketEnd,
  type MemorySocketEvents,
} from "./session/memory-socket.ts";
export type {
  Socket,
  SocketConnector,
  SocketEnd,
  SocketEvents,
  SocketRequest,
  TlsOptions,
} from "./session/socket.ts";

// What an app needs to tell errors apart and to seed an experiment, so that it imports one package.
export {
  TributaryError,
  isTributaryError,
  type ErrorCode,
  type Plan,
  type RandomSource,
} from "@tributary/protocol";
