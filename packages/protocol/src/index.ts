// What servers and clients share: the public surface of `@tributary/protocol`. It needs no
// particular platform. Cryptography for one platform is in `@tributary/protocol/crypto-node`,
// `/crypto-web`, `/crypto-noble` and `/crypto-libsodium`, the conversation with workers in
// `@tributary/protocol/worker-port` and `/worker-port-node`, and what tests need in
// `@tributary/protocol/testing`.
export {
  TributaryError,
  ERROR_CODES,
  asTributaryError,
  clauseOf,
  errorCodeFromWire,
  isErrorCode,
  isTributaryError,
  type ErrorCode,
  type TributaryErrorOptions,
} from "./errors.ts";
export { fromPlain, toPlain, type PlainError } from "./plain-error.ts";
export { LONGEST_DELAY_MS, type Clock } from "./clock.ts";
export { DEFAULT_LIMITS, resolveLimits, type Limits } from "./limits.ts";
export { PROTOCOL_CONSTANTS, type ProtocolConstants } from "./protocol-constants.ts";
export { PROTOCOL_VERSIONS, WEBSOCKET_SUBPROTOCOL, negotiateVersion } from "./version.ts";
export {
  adminTokenId,
  checkpointId,
  opaqueId,
  planId,
  populationName,
  roundId,
  sessionId,
  taskId,
  type AdminTokenId,
  type ArtifactId,
  type CheckpointId,
  type ContentId,
  type OptimizerMemoryId,
  type PlanId,
  type PopulationName,
  type RoundId,
  type SessionId,
  type TaskId,
} from "./ids.ts";
export { concatBytes, fromHex, toHex, utf8, utf8Decode } from "./bytes/encoding.ts";

export type { ClientCrypto, CryptoProvider, SymmetricCrypto } from "./crypto/crypto-provider.ts";
export { createLibsodiumProvider } from "./crypto/libsodium.ts";
export { cryptographicRandom, seededRandom, type RandomSource } from "./random/random-source.ts";
export { shuffledIndices } from "./random/shuffled-indices.ts";

export type { Channel } from "./channel/channel.ts";
export {
  decodeFrame,
  encodeFrame,
  sealRecordFrame,
  type ArtifactKind,
  type Frame,
} from "./channel/frames.ts";
export { acceptHandshake, startHandshake, type StartedHandshake } from "./channel/noise.ts";
export { ArtifactReceiver, type PartialArtifact } from "./channel/artifact-receiver.ts";
export { sealArtifact } from "./channel/seal-artifact.ts";
export {
  formatServerKey,
  formatServerSecrets,
  generateServerSecrets,
  parseServerKey,
  parseServerSecrets,
  serverKeyOf,
  type ServerKey,
  type ServerSecrets,
} from "./channel/server-key.ts";

export {
  deviceIdOf,
  isDeviceProof,
  proveDevice,
  type DeviceProof,
} from "./enrolment/device-proof.ts";

export {
  decodeClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  encodeServerMessage,
} from "./wire/codec.ts";
export { dueArtifacts, type DueArtifact } from "./wire/due-artifacts.ts";
export type {
  ArtifactReference,
  CheckpointDifference,
  ClientMessage,
  ClientMessageType,
  Delivery,
  HeldArtifacts,
  MetricBasis,
  MetricValue,
  PartialReference,
  ResumedStage,
  RoundPurpose,
  RoundScore,
  ServerMessage,
  ServerMessageType,
} from "./wire/messages.ts";

export { aggregationFault } from "./plan/aggregation/aggregation-fault.ts";
export {
  aggregationRuleNames,
  reportsNeeded,
  type AggregationSpec,
} from "./plan/aggregation/rule-table.ts";
export {
  columnsOf,
  featureShapeOf,
  featureWidth,
  levelKey,
  nameKey,
  numberOf,
  type CategoricalFeature,
  type DataContract,
  type Feature,
  type ImageFeature,
  type Label,
  type NumericFeature,
  type TableContract,
  type WhenMissing,
} from "./plan/contract/data-contract.ts";
export {
  tokenizerText,
  vocabularyOf,
  type TextContract,
  type TokenizerSpec,
} from "./plan/contract/text-contract.ts";
export { LARGEST_DEVIATION, scaled, type Scaling } from "./plan/contract/scaling.ts";
export { canonicalize } from "./plan/canonical-json.ts";
export { nearestKey } from "./schema/nearest-key.ts";
export {
  decodePlan,
  encodePlan,
  modelOfPlan,
  planIdOf,
  signPlan,
  verifyPlanSignature,
} from "./plan/plan-bytes.ts";
export {
  evaluationRoundOf,
  measureOf,
  minimumReports,
  planOf,
  reachesTarget,
  roundOf,
} from "./plan/plan-of.ts";
export { builtinModelOf } from "./plan/builtin-model-of.ts";
export { USUAL_LOSS, labelsOf, lossNames, type LabelKind, type LossName } from "./plan/losses.ts";
export {
  isBetterHigher,
  mostOf,
  measuresOf,
  measuresToReport,
  metricNames,
  type MeasureName,
  type MetricName,
} from "./plan/metrics.ts";
export { BASES, type BasisName } from "./plan/bases/basis-table.ts";
export { classFigures, confusionRows, type ClassFigures } from "./plan/bases/confusion.ts";
export { areaErrorAtMost, scoreIndex } from "./plan/bases/score-histogram.ts";
export { LEAST_PROBABILITY } from "./plan/bases/surprise.ts";
export { statedSizes } from "./model/stated-sizes.ts";
export {
  answerWidth,
  basesOf,
  basesToReport,
  metricsFromBases,
  type BasisForm,
} from "./plan/plan-bases.ts";
export {
  completeOptimizer,
  optimizerNames,
  type CompleteOptimizer,
  type OptimizerSpec,
} from "./plan/optimizers/optimizer-table.ts";
export {
  serverOptimizerNames,
  type ServerOptimizerSpec,
} from "./plan/server-optimizers/server-optimizer-table.ts";
export { withModelDefaults } from "./plan/model-defaults.ts";
export { parseTask, taskJsonSchema } from "./plan/parse-task.ts";
export type { ConditionName, Conditions, TimeOfDay, UnknownCondition } from "./plan/conditions.ts";
export { featuresOf, planFeatureNames, type PlanFeature } from "./plan/plan-features.ts";
export { parseUpdate } from "./plan/parse-update.ts";
export { checkModelFit } from "./plan/model-fit.ts";
export { checkFillings } from "./plan/wanted-fillings.ts";
export type { Plan } from "./plan/plan.ts";
export {
  readStatistics,
  type ColumnStatistics,
  type Distribution,
  type NumberStatistics,
  type WordStatistics,
} from "./plan/statistics/read-statistics.ts";
export { filledByStatistics } from "./plan/statistics/filled-by-statistics.ts";
export {
  MOMENT,
  statisticsColumns,
  statisticsModel,
  type Histogram,
  type NumberColumn,
  type StatisticsColumn,
  type WordColumn,
} from "./plan/statistics/statistics-columns.ts";
export { TASK_VERSION, readStoredTask } from "./plan/stored-task.ts";
export {
  instantMs,
  isStatisticsTask,
  type JudgeName,
  type TaskDefinition,
} from "./plan/task-definition.ts";
export type { TaskDownload, TaskUpdate } from "./plan/task-input.ts";

export {
  builtinModel,
  builtinModelNames,
  fixedModelNames,
  mlpModel,
  type MlpSizes,
} from "./model/builtin-models.ts";
export { transformerModel, type TransformerSizes } from "./model/char-transformer.ts";
export type { BuiltinModel } from "./model/fresh-model.ts";
export { fillGlorotUniform } from "./model/glorot-uniform.ts";
export { checkpointIdOf, decodeCheckpoint, encodeCheckpoint } from "./model/checkpoint.ts";
export {
  applyDifference,
  downloadCodec,
  unpackRanges,
  type DownloadSpec,
} from "./model/download.ts";
export { modelParts, type BatchNormalization, type ModelParts } from "./model/model-parts.ts";
export {
  checkStatistics,
  settleStatistics,
  splitStatistics,
  withStatistics,
  type NormalizedChannels,
} from "./model/moving-statistics.ts";
export { firstNonFinite, float32Bytes, float32Values } from "./bytes/float32-bytes.ts";
export {
  layoutOf,
  type Parameter,
  type ParameterLayout,
  type ParameterShape,
} from "./model/parameter-layout.ts";
export { shapeSize } from "./model/shape-size.ts";
export { packValues, packedLengthLimit, unpackValues } from "./model/packed-values.ts";
export { parseTfjsModel, type ModelDescription, type TfjsModel } from "./model/tfjs-model.ts";
export { modelLayers, type ModelLayer } from "./model/model-layers.ts";
export { requireConnected } from "./model/topology/connections.ts";
export { requireTrainableModel } from "./model/trainable-model.ts";
export { readTfjsWeights } from "./model/tfjs-weights.ts";
export { layerNames, trainableRanges } from "./model/trainable-ranges.ts";
export {
  gatherRanges,
  rangesSize,
  scatterRanges,
  withoutRanges,
  type ValueRange,
} from "./model/value-ranges.ts";
export { writeTfjsModel, type TfjsModelFiles } from "./model/write-tfjs-model.ts";

export type { Address } from "./kernels/address.ts";
export { decodeKernelModule } from "./kernels/decode-kernel-module.ts";
export { WORKSPACE_BYTES, type UpdateKernels } from "./kernels/update-kernels.ts";
export { referenceKernels } from "./kernels/reference-kernels.ts";
export { createKernels, createKernelsSync } from "./kernels/wasm-kernels.ts";

export { keepResidual, type ResidualEncoding } from "./update/keep-residual.ts";
export { clipFactor } from "./update/clip-factor.ts";
export {
  leavesResidual,
  mostDecodedNorm,
  updateCodec,
  updateCodecNames,
  updatesAreInTheClear,
  type UpdateSpec,
} from "./update/codec-table.ts";
export {
  decodeSharedStepSum,
  encodeSharedStep,
  likelySharedStepWidth,
  sharedStepLength,
  sharedStepWidth,
  type SharedStepTerms,
  type SharedStepUpdate,
} from "./update/shared-step.ts";
export {
  MAX_UPDATE_MAGNITUDE,
  UPDATE_BLOCK_VALUES,
  type PayloadBytes,
  type UpdateCodec,
  type UpdateSink,
} from "./update/update-codec.ts";
export { xoshiro128 } from "./random/xoshiro128.ts";
export { drawUniform } from "./random/uniform.ts";
