export type {
  AuditEntryView,
  DeviceView,
  NewTokenView,
  PopulationView,
  TokenView,
} from "./admin/access-schemas.ts";
export type {
  CheckpointView,
  TaskSummaryView,
  RoundInFlightView,
  TaskView,
} from "./admin/admin-schemas.ts";
export { startServer, SERVER_VERSION, type ServerDeps, type TributaryServer } from "./server.ts";
export type { ServerOptions } from "./config.ts";
export type { Clock } from "@tributary/protocol";
export { systemClock } from "./runtime/system-clock.ts";
export type { Coordinator } from "./coordinator/coordinator.ts";
export type { TaskProgress } from "./coordinator/task/task-progress.ts";
export { EventFeed, type EventPublisher, type EventsMissed } from "./telemetry/event-feed.ts";
export type { ServerEvent, TaskProblem } from "./telemetry/server-event.ts";
export type {
  CheckpointRecord,
  RoundRecord,
  RoundStore,
  StoredTask,
  TaskRecord,
  TaskState,
} from "./storage/round-store.ts";
export type { CheckpointStore } from "./storage/checkpoint-store.ts";
export { parseServerSettings, type ServerSettings } from "./server-settings.ts";
export {
  createLogger,
  silentLogger,
  type LevelledLogger,
  type Logger,
  type LogLevel,
} from "./runtime/logger.ts";
export { openStorage } from "./open-storage.ts";
export type { Storage } from "./storage/storage.ts";
export { openMemoryStore } from "./storage/memory.ts";
