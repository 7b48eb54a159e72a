// How updates are written: the same section in a task, where numbers have defaults, and in the plan, which says them all.
import { z } from "zod";
import { updateCodecNames, type UpdateSpec } from "../update/codec-registry.ts";
import { EDEN_BITS } from "../update/eden-codec.ts";
import { isEntropyBits } from "../update/entropy-eden-codec.ts";
import { MOST_ENTROPY_BITS } from "../update/quantizer.ts";
import { MOST_KEPT } from "../update/top-k-codec.ts";
import { flag, parseStrict, positiveNumber, strictRecord, wholeNumber } from "./strict-schema.ts";

const error = `Use one of ${updateCodecNames.join(", ")}.`;

const edenBitsSchema = z.literal(EDEN_BITS, { error: `Use one of ${EDEN_BITS.join(", ")}.` });
const uniformBitsSchema = wholeNumber(1, 16);
const qsgdBitsSchema = wholeNumber(2, 16);
const fractionSchema = positiveNumber(1);
const topFractionSchema = positiveNumber(MOST_KEPT);
const entropySchema = flag().exactOptional();

/** Which bits entropy coding goes with, as arguments of `refine`. */
function codable(
  fits: (bits: number) => boolean,
  use: string,
): [(update: { bits: number; entropy?: boolean }) => boolean, { path: string[]; error: string }] {
  return [
    ({ bits, entropy }) => entropy !== true || fits(bits),
    { path: ["entropy"], error: `Use ${use} bits, or no entropy coding.` },
  ];
}

const edenIsCodable = codable(isEntropyBits, "1, 2, 3 or 4");
const isCodable = codable((bits) => bits <= MOST_ENTROPY_BITS, `at most ${MOST_ENTROPY_BITS}`);

/** The section of a plan. */
export const planUpdateSchema: z.ZodType<UpdateSpec> = z.discriminatedUnion(
  "codec",
  [
    strictRecord({ codec: z.literal("float32") }),
    strictRecord({ codec: z.literal("float16") }),
    strictRecord({
      codec: z.literal("uniform"),
      bits: uniformBitsSchema,
      entropy: entropySchema,
    }).refine(...isCodable),
    strictRecord({
      codec: z.literal("rotated-uniform"),
      bits: uniformBitsSchema,
      entropy: entropySchema,
    }).refine(...isCodable),
    strictRecord({
      codec: z.literal("eden"),
      bits: edenBitsSchema,
      entropy: entropySchema,
    }).refine(...edenIsCodable),
    strictRecord({ codec: z.literal("drive") }),
    strictRecord({
      codec: z.literal("qsgd"),
      bits: qsgdBitsSchema,
      entropy: entropySchema,
    }).refine(...isCodable),
    strictRecord({ codec: z.literal("terngrad"), entropy: entropySchema }),
    strictRecord({ codec: z.literal("random-k"), fraction: fractionSchema }),
    strictRecord({ codec: z.literal("top-k"), fraction: topFractionSchema }),
  ],
  { error },
);

const FEWER_BYTES = `Entropy coding: the same values in fewer bytes, with ${MOST_ENTROPY_BITS} bits or less.`;

/** What a task file may say. */
export type TaskUpdate =
  | Extract<UpdateSpec, { codec: "float32" | "float16" | "drive" | "terngrad" }>
  | {
      readonly codec: "uniform" | "rotated-uniform" | "qsgd";
      readonly bits?: number | undefined;
      readonly entropy?: boolean;
    }
  | {
      readonly codec: "eden";
      readonly bits?: Extract<UpdateSpec, { codec: "eden" }>["bits"] | undefined;
      readonly entropy?: boolean;
    }
  | { readonly codec: "random-k" | "top-k"; readonly fraction?: number | undefined };

/** The section of a task file. */
export const taskUpdateSchema: z.ZodType<UpdateSpec, TaskUpdate> = z.discriminatedUnion(
  "codec",
  [
    strictRecord({
      codec: z
        .literal("uniform")
        .describe("Stochastic rounding to a grid a block of 4,096 values."),
      bits: uniformBitsSchema.default(8).describe("Bits a value."),
      entropy: entropySchema.describe(FEWER_BYTES),
    }).refine(...isCodable),
    strictRecord({
      codec: z
        .literal("eden")
        .describe("Random rotation and the nearest of 2^bits values: least error for its bits."),
      bits: edenBitsSchema
        .default(4)
        .describe("Bits a value; below 1, the share of the rotated values that is sent."),
      entropy: entropySchema.describe(
        "Entropy coding: less error for as many bits, 1 to 4, on average.",
      ),
    }).refine(...edenIsCodable),
    strictRecord({ codec: z.literal("drive").describe("EDEN at one bit.") }),
    strictRecord({
      codec: z.literal("rotated-uniform").describe("Random rotation, then the grid of `uniform`."),
      bits: uniformBitsSchema.default(8).describe("Bits a value."),
      entropy: entropySchema.describe(FEWER_BYTES),
    }).refine(...isCodable),
    strictRecord({
      codec: z.literal("qsgd").describe("Levels of a block's norm, rounded stochastically."),
      bits: qsgdBitsSchema.default(8).describe("Bits a value, its sign included."),
      entropy: entropySchema.describe(FEWER_BYTES),
    }).refine(...isCodable),
    strictRecord({
      codec: z.literal("terngrad").describe("−m, 0 or m of a block's largest magnitude, 1.6 bits."),
      entropy: entropySchema.describe(FEWER_BYTES),
    }),
    strictRecord({
      codec: z.literal("random-k").describe("Some of the values, drawn at random, as float32."),
      fraction: fractionSchema.default(0.1).describe("Share of the values that is sent."),
    }),
    strictRecord({
      codec: z
        .literal("top-k")
        .describe("The values of the largest magnitude; clients keep the others for later."),
      fraction: topFractionSchema.default(0.1).describe("Share of the values that is sent."),
    }),
    strictRecord({ codec: z.literal("float16").describe("Half precision, two bytes a value.") }),
    strictRecord({ codec: z.literal("float32").describe("As trained, four bytes a value.") }),
  ],
  { error },
);

/**
 * Reads an update section outside of a task: defaults filled in.
 * @throws TributaryError `BAD_PARAMETER` that says what is allowed.
 */
export function parseUpdate(value: unknown): UpdateSpec {
  return parseStrict(taskUpdateSchema, value, { code: "BAD_PARAMETER", what: "The update" });
}
