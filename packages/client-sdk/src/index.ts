/**
 * The client SDK: takes part in federated training from a browser or from Node. Start with
 * `FederatedClient`.
 */
export {
  FederatedClient,
  type DryRunOptions,
  type FederatedClientDeps,
  type ModelOptions,
  type ParticipateOptions,
} from "./client.ts";
export type { Checkpoint } from "./client-core/client-core.ts";
export type { FederatedClientOptions, WorkerSource } from "./client-core/client-options.ts";
// What happens while a client takes part.
export type {
  ParticipationEvent,
  ParticipationEventType,
} from "./participation/participation-event.ts";
export type { DisconnectCause } from "./participation/disconnect-cause.ts";
export {
  roundsOf,
  type BatchTold,
  type EpochOfRound,
  type RoundEnd,
  type RoundOfClient,
} from "./participation/rounds-of.ts";
// What a client shows to be admitted, and the minimum rules that it sets.
export type { DeviceKeySource, TokenRequest, TokenSource } from "./enrolment/credentials.ts";
export { memoryKeyStore, type KeyStore } from "./enrolment/key-store.ts";
export type { DryRun, ReportMessage } from "./participation/dry-run.ts";
// What the device must be like, and how a client learns what it is like.
export type { Conditions, ConditionName } from "@tributary/protocol";
export {
  settableDevice,
  type DeviceConditions,
  type DeviceState,
  type SettableDevice,
} from "./conditions/device-conditions.ts";
export type { UnmetCondition } from "./conditions/unmet.ts";
export {
  memoryUsageStore,
  type DailyUsage,
  type Spent,
  type UsageStore,
} from "./conditions/usage-store.ts";
export type { ApprovePlan } from "./trust/plan-approval.ts";
export type { PlanSummary, WorkToDo } from "./trust/plan-summary.ts";
export type { ClientFloors } from "./trust/floors/client-floors.ts";

// Examples to train on and to evaluate on.
export type { Cell, ExampleTable } from "./examples/example-table.ts";
export {
  eraseExampleStore,
  openExampleStore,
  type ExampleStoreDeps,
  type ExampleStoreOptions,
} from "./open-example-store.ts";
export { eraseModelStore } from "./erase-model-store.ts";
export type {
  AddOptions,
  AddReport,
  Retention,
  StorageQuota,
  StoredExamplesOptions,
} from "./examples/stored/store-options.ts";
export type { StoredExamples } from "./examples/stored/stored-examples.ts";
export type { ExampleCriteria } from "./examples/stored/selection.ts";
export type { DeclaredForm, ExampleForm } from "./examples/stored/example-form.ts";
export type { ShuffleName } from "./examples/stored/stored-reader.ts";
export type {
  ExampleShelf,
  ShelfCommit,
  ShelvedCatalogue,
} from "./examples/stored/example-shelf.ts";
export { memoryShelf } from "./examples/stored/memory-shelf.ts";
export type { ShelfRequest } from "./platform/shelf-request.ts";
export type { ExampleReader, ExampleSource } from "./examples/example-reader.ts";
export type { ExampleWarning } from "./examples/given-examples.ts";
export { fromArrays, type Example, type Numbers } from "./examples/from/arrays.ts";
export { fromDataset, type DatasetLike, type TensorLike } from "./examples/from/dataset.ts";
export { fromImages, type ImageForm, type LabelledImage } from "./examples/from/images.ts";
export { agreedExamples } from "./examples/agreed-examples.ts";
export { memoryExampleStore, type ExampleStore } from "./examples/example-store.ts";
export {
  mapFeatures,
  mapTable,
  type MappedFeatures,
  type MappedRows,
  type MappedTable,
} from "./examples/map-table.ts";
export { tableExampleStore, type TableStoreOptions } from "./examples/table-store.ts";
export type { Examples } from "./examples/examples.ts";
export { holdOut, type Division } from "./examples/hold-out.ts";
export { takeExamples, takeRows } from "./examples/take-examples.ts";
export { textExampleStore, type TextStoreOptions } from "./examples/text-store.ts";
export { mapText, textWindows, tokenWindows } from "./examples/text-windows.ts";
export type { Tokenizer, TokenizerSource } from "./examples/tokenizer.ts";

// Engines, for apps that train or predict by themselves or share a trainer between clients.
export {
  buildLayersModel,
  createFusedTrainer,
  createTfjsTrainer,
  createTrainer,
  tryPlan,
} from "#platform/engines";
export type { EngineTrial } from "./engine-choice/try-plan.ts";
export type { EngineName, Trainer, TrainerOptions } from "./engine-choice/trainer-options.ts";
export type { FusedBackendName, FusedTrainer } from "./training/fused/fused-engine.ts";
export type { FusedTrainerOptions } from "./training/fused/fused-trainer.ts";
export type { GradientResult } from "./training/fused/fused-model.ts";
export type { TfjsBackendName, TfjsBackendOptions } from "./training/tfjs-backend.ts";
export type { TfjsTrainer } from "./training/tfjs-trainer.ts";
export type {
  EngineChoice,
  EvaluateRequest,
  LocalTrainer,
  Measurement,
  MeasuringTrainer,
  TrainEachRequest,
  PredictRequest,
  StepTerms,
  TrainingMetrics,
  TrainingProgress,
  TrainRequest,
  TrainResult,
} from "./training/local-trainer.ts";

// The ports of the client, for apps that replace an adapter: the platform, the clock, the sockets.
export type { Clock } from "@tributary/protocol";
export type { Platform } from "./platform/platform.ts";
export { systemClock } from "./runtime/system-clock.ts";
export {
  memoryConnector,
  memorySocketPair,
  type MemorySocketEnd,
  type MemorySocketEvents,
} from "./session/memory-socket.ts";
export type { NetworkChange, NetworkSource } from "./session/network-source.ts";
export type {
  Socket,
  SocketConnector,
  SocketEnd,
  SocketEvents,
  SocketRequest,
  TlsOptions,
} from "./session/socket.ts";

// What an app needs to tell errors apart and to seed an experiment, so that it need not import the
// package `protocol` as well.
export {
  TributaryError,
  isTributaryError,
  type ErrorCode,
  type Plan,
  type RandomSource,
} from "@tributary/protocol";
