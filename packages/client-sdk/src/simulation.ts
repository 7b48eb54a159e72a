/**
 * The subpath `@tributary/client-sdk/simulation`: the work of a client in a round without its
 * connection, for a program that runs many clients itself. An app uses `FederatedClient`, which does
 * this work and all that protects the person around it.
 */
export { holdOutRows } from "./examples/hold-out.ts";
export { prepareEvaluation } from "./participation/evaluation-report.ts";
export { personalWeights } from "./participation/local-layers.ts";
export { clipUpdate } from "./participation/model-update.ts";
export { PlanMemory } from "./participation/plan-memory.ts";
export { ReportMemory } from "./participation/report-memory.ts";
export {
  encodeReport,
  type EncodingDeps,
  type PreparedReport,
} from "./participation/prepared-report.ts";
export { eventLoopBreak, type EventLoopBreak } from "./runtime/event-loop-break.ts";
export {
  trainUpdate,
  trainUpdates,
  type ClientTraining,
  type TrainedUpdate,
  type TrainingClient,
} from "./participation/trained-update.ts";
export type { VerifiedModel, VerifiedPlan } from "./trust/verified-model.ts";
export { wholePlan } from "./trust/whole-plan.ts";
