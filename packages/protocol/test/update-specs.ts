import type { UpdateSpec } from "../src/update/codec-registry.ts";

/** Codecs that the registry knows, with their parameters at both ends and between. */
export const UPDATE_SPECS: readonly UpdateSpec[] = [
  { codec: "float32" },
  { codec: "float16" },
  { codec: "uniform", bits: 1 },
  { codec: "uniform", bits: 8 },
  { codec: "uniform", bits: 13 },
  { codec: "uniform", bits: 1, entropy: true },
  { codec: "uniform", bits: 8, entropy: true },
  { codec: "rotated-uniform", bits: 1 },
  { codec: "rotated-uniform", bits: 4 },
  { codec: "rotated-uniform", bits: 16 },
  { codec: "rotated-uniform", bits: 4, entropy: true },
  { codec: "eden", bits: 0.0625 },
  { codec: "eden", bits: 0.5 },
  { codec: "eden", bits: 1 },
  { codec: "eden", bits: 2 },
  { codec: "eden", bits: 3 },
  { codec: "eden", bits: 4 },
  { codec: "eden", bits: 8 },
  { codec: "eden", bits: 1, entropy: true },
  { codec: "eden", bits: 4, entropy: true },
  { codec: "drive" },
  { codec: "qsgd", bits: 2 },
  { codec: "qsgd", bits: 4 },
  { codec: "qsgd", bits: 16 },
  { codec: "qsgd", bits: 2, entropy: true },
  { codec: "qsgd", bits: 8, entropy: true },
  { codec: "terngrad" },
  { codec: "terngrad", entropy: true },
  { codec: "random-k", fraction: 0.01 },
  { codec: "random-k", fraction: 1 },
  { codec: "top-k", fraction: 0.01 },
  { codec: "top-k", fraction: 0.5 },
];

/** For test titles. */
export const specName = (spec: UpdateSpec): string =>
  Object.entries(spec)
    .map(([key, part]) => (key === "codec" ? String(part) : `${key} ${String(part)}`))
    .join(", ");

export const NAMED_SPECS: readonly (readonly [string, UpdateSpec])[] = UPDATE_SPECS.map(
  (spec) => [specName(spec), spec] as const,
);
