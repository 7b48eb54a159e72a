// What the two sides of a client in a Worker say to each other. Both conversations go over the one
// channel of the Worker, in which messages keep their order.
import type { DataContract, Plan, PlainError, RoundPurpose } from "@tributary/protocol";
import type { Checkpoint, NewestRequest } from "../client-core/client-core.ts";
import type { DeviceState } from "../conditions/device-conditions.ts";
import type { TokenRequest } from "../enrolment/credentials.ts";
import type { ExampleTable } from "../examples/example-table.ts";
import type { Examples } from "../examples/examples.ts";
import type { DryRun } from "../participation/dry-run.ts";
import type { PlanSummary } from "../trust/plan-summary.ts";
import type { CrossingOptions, StoreName } from "./crossing-options.ts";
import type { PlainEvent } from "./plain-event.ts";

/** The result of a dry run as another thread can be sent it: errors lose their class on the way. */
export interface PlainDryRun extends Omit<DryRun, "refused"> {
  readonly refused: PlainError | undefined;
}

/** What the page asks of the Worker. */
export type CoreTalk = {
  /** Makes the core. It is asked first and once. */
  open: { request: CrossingOptions; answer: void };
  /** Answered when the participation has ended. Its events are told to the page before. */
  participate: { request: void; answer: void };
  /** Told: ends the participation. */
  leave: { request: void; answer: void };
  /** Told: holds the work, or lets it go on. */
  setPaused: { request: boolean; answer: void };
  /** Told: what the device is like now, after the Worker has begun to watch it. */
  device: { request: DeviceState; answer: void };
  newest: { request: NewestRequest; answer: Checkpoint };
  dryRun: { request: RoundPurpose; answer: PlainDryRun };
};

/**
 * What the Worker asks of the page: all that only the page has. One line for each question; whoever
 * adds one is led by the compiler to its answer in `page-answers.ts`.
 */
export type PageTalk = {
  /** Told: something has happened. */
  event: { request: PlainEvent; answer: void };
  /** Answered when the reader of the events has room for more. */
  room: { request: void; answer: void };
  /** Told: the checkpoint that is held now. */
  held: { request: Checkpoint; answer: void };
  /** Told: no engine that works in a Worker can do what the server asks for, and why. */
  outOfReach: { request: string; answer: void };
  /** Told: begins to watch the device, of which a page knows more than a Worker, or ends it. */
  watchDevice: { request: boolean; answer: void };
  countExamples: { request: StoreName; answer: number };
  loadExamples: {
    request: { readonly store: StoreName; readonly contract: DataContract | undefined };
    answer: Examples;
  };
  loadTable: { request: StoreName; answer: ExampleTable };
  approvePlan: {
    request: { readonly plan: Plan; readonly summary: PlanSummary };
    answer: boolean;
  };
  token: { request: Omit<TokenRequest, "signal">; answer: string };
  loadDeviceKey: { request: void; answer: Uint8Array | undefined };
  saveDeviceKey: { request: Uint8Array; answer: void };
};
