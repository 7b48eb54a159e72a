import { modelTerms, uploadTimeMs } from "@tributary/core";
import { decodePlan, type Limits } from "@tributary/protocol";
import type { TaskRecord } from "../storage/round-store.ts";

/** Returns what an operator should know about a task that is valid but may not go well. */
export function taskWarnings({ definition, planBytes }: TaskRecord, limits: Limits): string[] {
  const { codec, dimension } = modelTerms(decodePlan(planBytes));
  const { max: byteLength } = codec.payloadBytes(dimension);
  const { minUploadBytesPerSecond: rate } = limits;
  const { reportingTimeoutMs } = definition.round;
  const neededMs = uploadTimeMs(byteLength, rate);
  if (neededMs <= reportingTimeoutMs) return [];
  return [
    `An update of up to ${inEnglish(byteLength)} bytes takes ${inSeconds(neededMs)} at ` +
      `${inEnglish(rate)} bytes a second, the lowest rate of an upload. The round's ` +
      `reportingTimeoutMs allows ${inSeconds(reportingTimeoutMs)} for that and for the training ` +
      "before it. Raise it, or choose an update codec with a smaller payload.",
  ];
}

const inEnglish = (value: number): string => value.toLocaleString("en");

const inSeconds = (ms: number): string => `${inEnglish(Math.ceil(ms / 1_000))} s`;
