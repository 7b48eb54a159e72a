import { UPDATE_CODECS, type UpdateSpec } from "../src/update/codec-table.ts";
import { specsOf } from "./variant-specs.ts";

/** Every codec of the table, with its parameters at both ends of their ranges and between. */
export const UPDATE_SPECS: readonly UpdateSpec[] = specsOf<UpdateSpec, "codec">(
  "codec",
  UPDATE_CODECS,
);

/** For test titles. */
export const specName = (spec: UpdateSpec): string =>
  Object.entries(spec)
    .map(([key, part]) => (key === "codec" ? String(part) : `${key} ${String(part)}`))
    .join(", ");

export const NAMED_SPECS: readonly (readonly [string, UpdateSpec])[] = UPDATE_SPECS.map(
  (spec) => [specName(spec), spec] as const,
);
