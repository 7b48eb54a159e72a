import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  ArtifactReceiver,
  type ArtifactReceiverOptions,
  type PartialArtifact,
} from "../src/channel/artifact-receiver.ts";
import { decodeFrame, type ArtifactKind } from "../src/channel/frames.ts";
import { sealArtifact } from "../src/channel/seal-artifact.ts";
import { createLibsodiumProvider } from "../src/crypto/libsodium.ts";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { concatBytes, toHex, utf8 } from "../src/bytes/encoding.ts";
import type { ArtifactId } from "../src/ids.ts";
import { PROTOCOL_CONSTANTS } from "../src/protocol-constants.ts";
import { errorOf } from "./expect-error.ts";

const node = createNodeCryptoProvider();
const sodium = await createLibsodiumProvider();
const key = new Uint8Array(32).fill(7);
const idOf = (bytes: Uint8Array) => toHex(node.sha256(bytes)) as ArtifactId;

/** Ten bytes, sealed in chunks of four. */
const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
const sealed = (artifact: ArtifactKind = "checkpoint") =>
  sealArtifact({ crypto: node, key, artifact, id: idOf(bytes), bytes, chunkBytes: 4 });
/** A receiver for these chunks, with some options changed. */
const receiver = (options: Partial<ArtifactReceiverOptions> = {}) =>
  new ArtifactReceiver({
    crypto: node,
    key,
    artifact: "checkpoint",
    id: idOf(bytes),
    byteLength: bytes.length,
    chunkBytes: 4,
    maxBytes: 100,
    ...options,
  });

describe("sealed artifacts", () => {
  it("arrive unchanged, whatever their length, their kind and the adapters of the two sides", () => {
    const adapters = fc.constantFrom(node, sodium);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 64 }),
        fc.constantFrom<ArtifactKind>("plan", "checkpoint"),
        adapters,
        adapters,
        (content, chunkBytes, artifact, sender, taker) => {
          const id = idOf(content);
          const common = { key, artifact, id, chunkBytes };
          const frames = sealArtifact({ ...common, crypto: sender, bytes: content });
          expect(frames).toHaveLength(Math.ceil(content.length / chunkBytes));
          const into = new ArtifactReceiver({
            ...common,
            crypto: taker,
            byteLength: content.length,
            maxBytes: 200,
          });
          for (const frame of frames) {
            expect(into.complete).toBe(false);
            take(into, frame);
          }
          expect(into.complete).toBe(true);
          expect(into.receivedBytes).toBe(content.length);
          expect(into.finish()).toEqual(content);
        },
      ),
    );
  });

  it("have the nonce and the associated data that the protocol defines", () => {
    const [, second] = sealed();
    const nonce = Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
    const ad = concatBytes(
      utf8("tributary/chunk/v1"),
      node.sha256(bytes),
      Uint8Array.of(1, 0, 0, 0),
      Uint8Array.of(3, 0, 0, 0),
    );
    const header = [2, 1, 1, 0, 0, 0];
    const expected = [...header, ...node.seal(key, nonce, ad, bytes.subarray(4, 8))];
    expect(second && [...second]).toEqual(expected);
  });

  it("fit into the largest frame that a client accepts, at the default chunk length", () => {
    const large = new Uint8Array(150_000).fill(3);
    const id = idOf(large);
    const frames = sealArtifact({ crypto: node, key, artifact: "checkpoint", id, bytes: large });
    expect(frames.map((frame) => frame.length)).toEqual([65_558, 65_558, 18_950]);
    for (const frame of frames) {
      expect(frame.length).toBeLessThanOrEqual(PROTOCOL_CONSTANTS.maxServerFrameBytes);
    }
    const into = receiver({ id, byteLength: 150_000, maxBytes: 150_000, chunkBytes: 65_536 });
    for (const frame of frames) take(into, frame);
    expect(Buffer.compare(into.finish(), large)).toBe(0);
  });

  describe("that were interrupted", () => {
    /** What a receiver has kept after the first `count` chunks. */
    const kept = (count: number): PartialArtifact => {
      const into = receiver();
      for (const frame of sealed().slice(0, count)) take(into, frame);
      return into.partial!;
    };

    it("go on from the last whole chunk, also under another key", () => {
      const partial = kept(2);
      expect(partial).toEqual({ id: idOf(bytes), chunks: 2, bytes: bytes.slice(0, 8) });
      const newKey = new Uint8Array(32).fill(8);
      const rest = sealArtifact({
        ...{ crypto: node, key: newKey, artifact: "checkpoint", id: idOf(bytes), bytes },
        chunkBytes: 4,
      }).slice(2);
      const into = receiver({ key: newKey, kept: partial });
      for (const frame of rest) take(into, frame);
      expect(into.finish()).toEqual(bytes);
    });

    it("leave nothing when nothing or everything has come, or a chunk was invalid", () => {
      const into = receiver();
      expect(into.partial).toBeUndefined();
      for (const frame of sealed()) take(into, frame);
      expect(into.partial).toBeUndefined();
      const broken = receiver();
      take(broken, sealed()[0]);
      errorOf(() => take(broken, sealed()[2]), "ARTIFACT_CHUNK_INVALID");
      expect(broken.partial).toBeUndefined();
    });

    it("are refused when what was kept is of another artifact, or as long as the whole", () => {
      const partial = kept(2);
      for (const wrong of [
        { ...partial, id: idOf(key) },
        { ...partial, chunks: 1 },
        { ...partial, chunks: 3, bytes: new Uint8Array(12) },
      ]) {
        errorOf(() => receiver({ kept: wrong }), "ARTIFACT_CHUNK_INVALID");
      }
    });

    it("do not end as another artifact when what was kept is wrong", () => {
      const into = receiver({ kept: { ...kept(2), bytes: new Uint8Array(8) } });
      take(into, sealed()[2]);
      errorOf(() => into.finish(), "ARTIFACT_HASH_MISMATCH");
    });
  });

  it.each([
    ["comes twice", [0, 0]],
    ["is skipped", [0, 2]],
    ["comes first although it is not the first", [1]],
    ["comes after the last", [0, 1, 2, 2]],
  ])("are refused when a chunk %s", (_, order) => {
    const frames = sealed();
    const into = receiver();
    const last = order.at(-1) ?? 0;
    for (const index of order.slice(0, -1)) take(into, frames[index]);
    errorOf(() => take(into, frames[last]), "ARTIFACT_CHUNK_INVALID");
    expect(into.complete).toBe(false);
    errorOf(() => take(into, frames[1]), "ARTIFACT_CHUNK_INVALID");
    errorOf(() => into.finish(), "ARTIFACT_CHUNK_INVALID");
  });

  it.each<[string, Partial<ArtifactReceiverOptions>]>([
    ["another key", { key: new Uint8Array(32).fill(8) }],
    ["another artifact's name", { id: idOf(utf8("another")) }],
    ["another kind of artifact", { artifact: "plan" }],
    ["another chunk count", { byteLength: 14 }],
    ["another chunk length", { chunkBytes: 5 }],
  ])("are not opened under %s", (_, options) => {
    const into = receiver(options);
    errorOf(() => take(into, sealed()[0]), "ARTIFACT_CHUNK_INVALID");
  });

  it("are refused when a chunk is altered, moved, shortened or made up", () => {
    fc.assert(
      fc.property(fc.nat(25), fc.integer({ min: 1, max: 255 }), (at, xor) => {
        const body = Uint8Array.from(sealed()[0] ?? []).subarray(6);
        body[at % body.length] = (body[at % body.length] ?? 0) ^ xor;
        errorOf(() => receiver().accept(0, body), "ARTIFACT_CHUNK_INVALID");
      }),
    );
    fc.assert(
      fc.property(fc.integer(), fc.uint8Array({ maxLength: 40 }), (index, garbage) => {
        errorOf(() => receiver().accept(index, garbage), "ARTIFACT_CHUNK_INVALID");
      }),
    );
    const second = sealed()[1]?.subarray(6) ?? new Uint8Array(0);
    errorOf(() => receiver().accept(0, second), "ARTIFACT_CHUNK_INVALID");
  });

  it("are refused when the whole artifact does not have the announced hash", () => {
    // Only the server can do this, because it holds the key: it seals other bytes under the
    // announced name.
    const id = idOf(utf8("what was announced"));
    const frames = sealArtifact({ crypto: node, key, artifact: "plan", id, bytes, chunkBytes: 4 });
    const into = receiver({ id, artifact: "plan" });
    for (const frame of frames) take(into, frame);
    expect(into.complete).toBe(true);
    errorOf(() => into.finish(), "ARTIFACT_HASH_MISMATCH");
  });

  it("can still be completed after `finish` was called too early", () => {
    const into = receiver();
    const frames = sealed();
    take(into, frames[0]);
    errorOf(() => into.finish(), "ARTIFACT_CHUNK_INVALID");
    for (const frame of frames.slice(1)) take(into, frame);
    expect(into.finish()).toEqual(bytes);
  });

  it("are refused before any memory is reserved when the announced length is too long", () => {
    const options = { byteLength: 2 ** 40, maxBytes: 2 ** 20 };
    errorOf(() => receiver(options), "MODEL_UNSUPPORTED");
    errorOf(() => receiver({ ...options, artifact: "plan" }), "PLAN_INVALID");
    const huge = { byteLength: 2 ** 48, maxBytes: 2 ** 48, chunkBytes: 65_536 };
    errorOf(() => receiver({ ...huge, byteLength: 2 ** 47 }), "MODEL_UNSUPPORTED");
    errorOf(() => receiver(huge), "BAD_PARAMETER");
    errorOf(() => receiver({ byteLength: -1 }), "BAD_PARAMETER");
    errorOf(() => receiver({ byteLength: 1.5 }), "BAD_PARAMETER");
  });

  it.each([0, -1, 1.5, Number.NaN, PROTOCOL_CONSTANTS.maxServerFrameBytes - 21])(
    "cannot be cut into chunks of %s bytes",
    (chunkBytes) => {
      errorOf(() => receiver({ chunkBytes }), "BAD_PARAMETER");
    },
  );
});

/** Decodes a frame and gives its chunk to the receiver. */
function take(into: ArtifactReceiver, bytesOfFrame: Uint8Array | undefined): void {
  const frame = decodeFrame(bytesOfFrame ?? new Uint8Array(0));
  if (frame.kind !== "sealedChunk") throw new Error(`unexpected ${frame.kind}`);
  into.accept(frame.index, frame.body);
}
