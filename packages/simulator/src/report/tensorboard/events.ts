import { encodeMessage } from "./event-messages.ts";
import { eventRecord } from "./event-record.ts";

/** The kind of a tensor of text. */
const STRING = 7;

/** What data a tag has: `DataClass` of TensorBoard. */
const TENSOR = 2;

/** The first record of every event file. @param seconds - Since the Unix epoch, as everywhere here. */
export const versionEvent = (seconds: number): Uint8Array =>
  eventRecord(encodeMessage("Event", { wallTime: seconds, fileVersion: "brain.Event:2" }));

/** Figures after a round, by their tag. */
export const scalarsEvent = (
  seconds: number,
  step: number,
  scalars: Readonly<Record<string, number>>,
): Uint8Array =>
  summaryEvent(
    seconds,
    step,
    Object.entries(scalars).map(([tag, simpleValue]) => ({ tag, simpleValue })),
  );

/** A text, which is shown as it is. */
export function textEvent(seconds: number, tag: string, text: string): Uint8Array {
  // The page reads Markdown, in which lines that are indented stay as they are.
  const shown = text.replaceAll(/^/gm, "    ");
  const tensor = { dtype: STRING, tensorShape: {}, stringVal: [new TextEncoder().encode(shown)] };
  const metadata = { pluginData: { pluginName: "text" }, dataClass: TENSOR };
  return summaryEvent(seconds, 0, [{ tag, tensor, metadata }]);
}

/**
 * What a run was made with.
 * @param group - Runs of one group differ in their seeds only.
 */
export function sessionStartEvent(
  seconds: number,
  group: string,
  parameters: Readonly<Record<string, string | number | boolean>>,
): Uint8Array {
  const hparams = Object.fromEntries(
    Object.entries(parameters).map(([name, value]): [string, object] => {
      if (typeof value === "number") return [name, { numberValue: value }];
      return [name, typeof value === "string" ? { stringValue: value } : { boolValue: value }];
    }),
  );
  const sessionStartInfo = { hparams, groupName: group, startTimeSecs: seconds };
  return hyperparametersEvent(seconds, "session_start_info", { sessionStartInfo });
}

/** How a run has ended. */
export function sessionEndEvent(seconds: number, isComplete: boolean): Uint8Array {
  const sessionEndInfo = { status: isComplete ? 1 : 2, endTimeSecs: seconds };
  return hyperparametersEvent(seconds, "session_end_info", { sessionEndInfo });
}

function hyperparametersEvent(seconds: number, tag: string, data: object): Uint8Array {
  const content = encodeMessage("HyperparametersData", data);
  const metadata = { pluginData: { pluginName: "hparams", content }, dataClass: TENSOR };
  return summaryEvent(seconds, 0, [{ tag: `_hparams_/${tag}`, metadata }]);
}

const summaryEvent = (seconds: number, step: number, value: readonly object[]): Uint8Array =>
  eventRecord(encodeMessage("Event", { wallTime: seconds, step, summary: { value } }));
