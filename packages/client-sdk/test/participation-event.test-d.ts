import type { LayersModel } from "@tensorflow/tfjs";
import type { CheckpointId, ErrorCode, TributaryError } from "@tributary/protocol";
import { expectTypeOf, test } from "vitest";
import type { Checkpoint, FederatedClient, ParticipationEvent } from "../src/index.ts";

type Told<Type extends ParticipationEvent["type"]> = Extract<ParticipationEvent, { type: Type }>;

/** Does not compile when a type of event is added and nobody says what an app would show. */
function shown(event: ParticipationEvent): string {
  switch (event.type) {
    case "thread-chosen":
      return `in the ${event.thread}: ${event.reason}`;
    case "paused":
    case "continued":
    case "waiting-for-tab":
    case "conditions-met":
      return event.type;
    case "conditions-unmet":
      return event.unmet.map(({ condition, askedBy }) => `${condition} of ${askedBy}`).join();
    case "model-not-kept":
      return event.error.code;
    case "connecting":
      return `attempt ${event.attempt}`;
    case "connected":
      return event.sessionId;
    case "checked-in":
      return `${event.exampleCount} examples for ${event.population}`;
    case "rejected":
    case "report-refused":
      return `${event.code}: ${event.message}`;
    case "selected":
      return `round ${event.roundNumber} of ${event.task}`;
    case "resumed":
      return event.roundId;
    case "downloaded":
      return event.cached ? "held" : `${event.bytes} bytes`;
    case "downloading":
    case "uploading":
      return `${event.bytes} of ${event.totalBytes} bytes, ${event.secondsLeft} s left`;
    case "network-changed":
      return event.change;
    case "clock-leapt":
      return `by ${event.byMs} ms`;
    case "clock-off":
      return `by ${event.offsetMs} ms`;
    case "engine-chosen":
      return `${event.engine} on ${event.backend}: ${event.reason}`;
    case "training":
      return `${event.epoch}/${event.epochs} ${event.batch}/${event.batches} ${event.loss}`;
    case "trained":
      return `${event.steps} steps in ${event.seconds} s`;
    case "counted":
    case "evaluated":
      return `${event.exampleCount} held-out examples in ${event.seconds} s`;
    case "reporting":
      return `${event.bytes} bytes`;
    case "reported":
      return `${event.bytesUp} up, ${event.bytesDown} down`;
    case "round-finished":
      return event.outcome.type === "committed" ? event.outcome.checkpoint : event.outcome.reason;
    case "check-in-failed":
    case "withdrawn":
    case "disconnected":
      return `${event.error.message}, again in ${event.retryInMs} ms`;
  }
}

test("events are told apart by their type", () => {
  expectTypeOf(shown).returns.toEqualTypeOf<string>();
  expectTypeOf<Told<"withdrawn">["error"]>().toEqualTypeOf<TributaryError>();
  expectTypeOf<Told<"rejected">["code"]>().toEqualTypeOf<ErrorCode>();
  expectTypeOf<Told<"trained">["metrics"]>().toEqualTypeOf<Readonly<Record<string, number>>>();
  expectTypeOf<Told<"training">>().not.toHaveProperty("metrics");
});

test("the client's door has no any in it", () => {
  type Iterated = ReturnType<FederatedClient["participate"]>;
  expectTypeOf<Awaited<ReturnType<Iterated["next"]>>>().toEqualTypeOf<
    IteratorResult<ParticipationEvent, undefined>
  >();
  expectTypeOf<Awaited<ReturnType<FederatedClient["model"]>>>().toEqualTypeOf<LayersModel>();
  expectTypeOf<Awaited<ReturnType<FederatedClient["checkpoint"]>>>().toEqualTypeOf<Checkpoint>();
  expectTypeOf<Checkpoint["id"]>().toEqualTypeOf<CheckpointId>();
});
