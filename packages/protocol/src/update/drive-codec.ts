import type { CodecDefinition } from "./codec-definition.ts";
import { edenScheme, edenStretch } from "./eden-codec.ts";
import { blockCodec } from "./block-codec.ts";

/** What a plan says to use DRIVE. */
export interface DriveSpec {
  readonly codec: "drive";
}

/**
 * DRIVE is EDEN at one bit, under the name of its own paper.
 * @see arXiv:2105.08339
 */
export const driveCodec: CodecDefinition<DriveSpec> = {
  name: "drive",
  meaning: "The codec `eden` at one bit, by the name of its own paper.",
  parameters: {},
  isReadableAlone: true,
  leavesResidual: false,
  isMostlyZero: () => false,
  isMostlyError: () => false,
  mostStretch: () => edenStretch({ bits: 1 }),
  create: (_, kernels) => blockCodec(edenScheme(1, "drive"), kernels),
};
