/**
 * The frames of the protocol. A frame is one binary WebSocket message, and its first byte says of
 * which kind it is (docs/protocol.md, section 2).
 *
 * ```ts
 * socket.send(sealRecordFrame(channel, encodeClientMessage(message)));
 * const frame = decodeFrame(received);
 * if (frame.kind === "record") handle(decodeServerMessage(channel.open(frame.body)));
 * ```
 */
import { TributaryError } from "../errors.ts";
import { PROTOCOL_CONSTANTS } from "../protocol-constants.ts";
import type { Channel } from "./channel.ts";

/**
 * What a sealed chunk is a piece of: a plan, a checkpoint, or the difference between two
 * checkpoints.
 */
export type ArtifactKind = "plan" | "checkpoint" | "difference";

/**
 * One WebSocket message. A `handshake` carries a Noise handshake message, a `record` one encrypted
 * message of the channel, and a `sealedChunk` one piece of a plan or checkpoint, encrypted for a
 * whole round.
 */
export type Frame =
  | { readonly kind: "handshake" | "record"; readonly body: Uint8Array }
  | {
      readonly kind: "sealedChunk";
      readonly artifact: ArtifactKind;
      /** Position of the chunk within its artifact, from 0. */
      readonly index: number;
      readonly body: Uint8Array;
    };

/**
 * The number that stands for each kind of artifact in the header of its chunks, and in their
 * nonces.
 */
export const ARTIFACT_NUMBERS: Readonly<Record<ArtifactKind, number>> = {
  plan: 0,
  checkpoint: 1,
  difference: 2,
};

/** Length of a sealed chunk's header, in bytes: kind (1), artifact (1), index (4). */
export const SEALED_CHUNK_HEADER_BYTES = 6;

/** The first byte of a frame. The numbers are part of the protocol and never change. */
const KIND_NUMBERS = { handshake: 0, record: 1, sealedChunk: 2 } as const;
/** The kinds of artifacts by their numbers: the inverse of `ARTIFACT_NUMBERS`. */
const ARTIFACTS: readonly ArtifactKind[] = ["plan", "checkpoint", "difference"];

/**
 * Encodes a frame: a header, then a copy of `frame.body`. `sealRecordFrame` and `sealArtifact`
 * encrypt straight into a frame instead, and need no copy.
 * @returns New bytes.
 * @throws TributaryError `BAD_PARAMETER` when the body is longer than a frame of its kind may be,
 * or the chunk's index is not an integer of 32 bits.
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const headerBytes = frame.kind === "sealedChunk" ? SEALED_CHUNK_HEADER_BYTES : 1;
  const maxFrameBytes =
    frame.kind === "sealedChunk"
      ? PROTOCOL_CONSTANTS.maxServerFrameBytes
      : PROTOCOL_CONSTANTS.maxClientFrameBytes;
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

/**
 * Encrypts the channel's next record straight into its frame.
 * @returns New bytes, ready to be sent.
 * @throws TributaryError as `Channel.seal` does.
 */
export function sealRecordFrame(channel: Channel, plaintext: Uint8Array): Uint8Array {
  const frame = channel.seal(plaintext, 1);
  frame[0] = KIND_NUMBERS.record;
  return frame;
}

/**
 * Writes the header of a sealed chunk over the first `SEALED_CHUNK_HEADER_BYTES` bytes of `frame`.
 * @param frame - Modified.
 * @throws TributaryError `BAD_PARAMETER` when the index is not an integer of 32 bits.
 */
export function writeChunkHeader(frame: Uint8Array, artifact: ArtifactKind, index: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= 2 ** 32) {
    throw new TributaryError("BAD_PARAMETER", `The chunk index ${index} is out of range`, {
      remedy: "Give an integer from 0 to 4294967295.",
    });
  }
  frame[0] = KIND_NUMBERS.sealedChunk;
  frame[1] = ARTIFACT_NUMBERS[artifact];
  new DataView(frame.buffer, frame.byteOffset, frame.byteLength).setUint32(2, index, true);
}

/**
 * Reads one WebSocket message.
 * @param bytes - Not modified.
 * @returns The frame. Its body is a view of `bytes`, and a plain `Uint8Array` even where `bytes` is
 * a `Buffer`.
 * @throws TributaryError `MALFORMED_FRAME` for an empty message, an unknown kind, an incomplete
 * header or an unknown artifact.
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
        throw malformed("The frame is shorter than its header");
      const artifact = ARTIFACTS[bytes[1] ?? ARTIFACTS.length];
      if (artifact === undefined)
        throw malformed(`The frame carries an artifact of the unknown kind ${bytes[1]}`);
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
      throw malformed(`The frame has the unknown kind ${bytes[0]}`);
  }
}

/**
 * The bytes from `start` on, as a plain `Uint8Array` that shares their memory. `subarray` of a
 * `Buffer` would give a `Buffer`, whose `slice` shares memory where that of a `Uint8Array` copies.
 */
function viewFrom(bytes: Uint8Array, start: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
}

function malformed(message: string): TributaryError {
  return new TributaryError("MALFORMED_FRAME", message, {
    remedy: "Check that the other side speaks the Tributary protocol.",
  });
}
