/**
 * The frames on the WebSocket: every message is binary, and its first byte is its kind.
 *
 * ```ts
 * socket.send(sealRecordFrame(channel, encodeClientMessage(message)));
 * const frame = decodeFrame(received);
 * if (frame.kind === "record") handle(decodeServerMessage(channel.open(frame.body)));
 * ```
 */
import { TributaryError } from "../errors.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { Channel } from "./channel.ts";

/** What sealed chunks carry. */
export type ArtifactKind = "plan" | "checkpoint" | "difference";

/** One WebSocket message. */
export type Frame =
  | { readonly kind: "handshake" | "record"; readonly body: Uint8Array }
  | {
      readonly kind: "sealedChunk";
      readonly artifact: ArtifactKind;
      /** Position of the chunk, from 0. */
      readonly index: number;
      readonly body: Uint8Array;
    };

/** The number of an artifact on the wire and in the nonce of its chunks. */
export const ARTIFACT_NUMBERS: Readonly<Record<ArtifactKind, number>> = {
  plan: 0,
  checkpoint: 1,
  difference: 2,
};

/** Kind, artifact, index. */
export const SEALED_CHUNK_HEADER_BYTES = 6;

const KIND_NUMBERS = { handshake: 0, record: 1, sealedChunk: 2 } as const;
const ARTIFACTS: readonly ArtifactKind[] = ["plan", "checkpoint", "difference"];

/**
 * Puts the header in front of `frame.body`, which is copied. `sealRecordFrame` and `sealArtifact`
 * need no copy.
 * @throws TributaryError `BAD_PARAMETER` when the body is longer than a frame of its kind may be,
 * or the index is not a 32-bit integer.
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const headerBytes = frame.kind === "sealedChunk" ? SEALED_CHUNK_HEADER_BYTES : 1;
  const maxFrameBytes =
    frame.kind === "sealedChunk"
      ? DEFAULT_LIMITS.maxServerFrameBytes
      : DEFAULT_LIMITS.maxClientFrameBytes;
  const byteLength = headerBytes + frame.body.length;
  if (byteLength > maxFrameBytes) {
    throw new TributaryError(
      "BAD_PARAMETER",
      `A ${frame.kind} frame of ${byteLength} bytes is longer than the protocol allows`,
      { remedy: `Send at most ${maxFrameBytes} bytes in one frame.` },
    );
  }
  const bytes = new Uint8Array(byteLength);
  bytes.set(frame.body, headerBytes);
  if (frame.kind === "sealedChunk") writeChunkHeader(bytes, frame.artifact, frame.index);
  else bytes[0] = KIND_NUMBERS[frame.kind];
  return bytes;
}

/** Seals the channel's next record straight into its frame. See `Channel.seal` for the errors. */
export function sealRecordFrame(channel: Channel, plaintext: Uint8Array): Uint8Array {
  const frame = channel.seal(plaintext, 1);
  frame[0] = KIND_NUMBERS.record;
  return frame;
}

/**
 * Writes the header of a sealed chunk over the first `SEALED_CHUNK_HEADER_BYTES` bytes of `frame`.
 */
export function writeChunkHeader(frame: Uint8Array, artifact: ArtifactKind, index: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= 2 ** 32) {
    throw new TributaryError("BAD_PARAMETER", `The chunk index is ${index}`, {
      remedy: "Give an integer from 0 to 4294967295.",
    });
  }
  frame[0] = KIND_NUMBERS.sealedChunk;
  frame[1] = ARTIFACT_NUMBERS[artifact];
  new DataView(frame.buffer, frame.byteOffset, frame.byteLength).setUint32(2, index, true);
}

/**
 * Reads one WebSocket message.
 * @returns The frame; its body is a view of `bytes`, a plain `Uint8Array` even where `bytes` is a
 * `Buffer`.
 * @throws TributaryError `MALFORMED_FRAME` for an empty message, an unknown kind, a cut header or
 * an unknown artifact.
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  switch (bytes[0]) {
    case undefined:
      throw malformed("The frame is empty");
    case KIND_NUMBERS.handshake:
      return { kind: "handshake", body: viewFrom(bytes, 1) };
    case KIND_NUMBERS.record:
      return { kind: "record", body: viewFrom(bytes, 1) };
    case KIND_NUMBERS.sealedChunk: {
      if (bytes.length < SEALED_CHUNK_HEADER_BYTES)
        throw malformed("The frame's header is cut short");
      const artifact = ARTIFACTS[bytes[1] ?? ARTIFACTS.length];
      if (artifact === undefined) throw malformed(`The frame carries unknown artifact ${bytes[1]}`);
      const index = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(
        2,
        true,
      );
      return {
        kind: "sealedChunk",
        artifact,
        index,
        body: viewFrom(bytes, SEALED_CHUNK_HEADER_BYTES),
      };
    }
    default:
      throw malformed(`The frame is of unknown kind ${bytes[0]}`);
  }
}

function viewFrom(bytes: Uint8Array, start: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
}

function malformed(message: string): TributaryError {
  return new TributaryError("MALFORMED_FRAME", message, {
    remedy: "Check that the other side speaks the Tributary protocol.",
  });
}
