// The published vectors are read as another implementation reads them, and the code must agree with
// each. `npm run vectors` writes the files; a change of one that was published breaks clients.
import { describe, expect, it } from "vitest";
import { concatBytes, fromHex, toHex, utf8 } from "../../src/bytes/encoding.ts";
import { float32Bytes } from "../../src/bytes/float32-bytes.ts";
import type { Channel } from "../../src/channel/channel.ts";
import { decodeFrame, encodeFrame } from "../../src/channel/frames.ts";
import { acceptHandshake, startHandshake } from "../../src/channel/noise.ts";
import { sealArtifact } from "../../src/channel/seal-artifact.ts";
import { parseServerKey } from "../../src/channel/server-key.ts";
import type { ClientCrypto } from "../../src/crypto/crypto-provider.ts";
import { createLibsodiumProvider } from "../../src/crypto/libsodium.ts";
import { createNobleProvider } from "../../src/crypto/noble.ts";
import { createNodeCryptoProvider } from "../../src/crypto/node-crypto.ts";
import { createWebCryptoProvider } from "../../src/crypto/web-crypto.ts";
import { deviceIdOf, isDeviceProof, proveDevice } from "../../src/enrolment/device-proof.ts";
import type { ArtifactId } from "../../src/ids.ts";
import { decodePlan, planIdOf, verifyPlanSignature } from "../../src/plan/plan-bytes.ts";
import { updateCodec, updateCodecNames } from "../../src/update/codec-table.ts";
import { errorOf } from "../expect-error.ts";
import { decodeAll } from "../update-helpers.ts";
import { specName } from "../update-specs.ts";
import { refusalOf, type CodecVectors } from "./codec-vectors.ts";
import { makePlanJsonSchema } from "./plan-json-schema.ts";
import { makeQuantizerTables, type QuantizerTables } from "./quantizer-tables.ts";
import { sampleArtifact, type SealingVectors } from "./sealing-vectors.ts";
import type { SignatureVectors } from "./signature-vectors.ts";
import { always, messageJson, type TranscriptVectors } from "./transcript-vectors.ts";
import { readVectors } from "./vector-file.ts";

const crypto = createNodeCryptoProvider();
const clients: readonly ClientCrypto[] = [
  crypto,
  await createWebCryptoProvider(),
  await createLibsodiumProvider(),
  createNobleProvider(),
];

describe("update-codecs.json", () => {
  const { accepted, refused } = readVectors<CodecVectors>("update-codecs.json");

  it.each(accepted.map((vector) => [specName(vector.update), vector.dimension, vector] as const))(
    "gives the values of a payload of %s with %i values, bit for bit",
    (_, dimension, { update, payload, values, sha256 }) => {
      const codec = updateCodec(update);
      const bytes = fromHex(payload);
      codec.validate(bytes, dimension);
      const decoded = float32Bytes(decodeAll(codec, bytes, dimension));
      if (values !== undefined) expect(toHex(decoded)).toBe(values);
      expect(toHex(crypto.sha256(decoded))).toBe(sha256);
    },
  );

  it.each(refused.map((vector) => [specName(vector.update), vector.why, vector] as const))(
    "has a payload of %s that is refused: %s",
    (_, __, { update, payload, dimension, code }) => {
      expect(refusalOf(update, fromHex(payload), dimension)).toBe(code);
    },
  );

  it("has payloads of every codec, with entropy coding and without", () => {
    const kinds = new Set(
      accepted.map(({ update }) => `${update.codec}${"entropy" in update ? " coded" : ""}`),
    );
    for (const name of updateCodecNames) expect(kinds).toContain(name);
    for (const name of ["uniform", "rotated-uniform", "eden", "qsgd", "terngrad"]) {
      expect(kinds).toContain(`${name} coded`);
    }
  });
});

it("normal-quantizers.json has the tables that the codec eden uses", () => {
  expect(readVectors<QuantizerTables>("normal-quantizers.json")).toEqual(makeQuantizerTables());
});

it("plan.schema.json is the schema by which plans are read", () => {
  expect(readVectors("plan.schema.json")).toEqual(makePlanJsonSchema());
});

describe("sealed-chunks.json", () => {
  const { sealed } = readVectors<SealingVectors>("sealed-chunks.json");

  it.each(sealed.map((vector) => [vector.artifact, vector.byteLength, vector] as const))(
    "has the frames of a %s of %i bytes",
    (artifact, byteLength, { id, key, chunks }) => {
      const bytes = sampleArtifact(byteLength);
      expect(toHex(crypto.sha256(bytes))).toBe(id);
      expect(chunks.length).toBe(Math.ceil(byteLength / 65_536));
      const sealing = { crypto, key: fromHex(key), artifact, id: id as ArtifactId, bytes };
      const frames = sealArtifact(sealing);
      frames.forEach((frame, index) => {
        const chunk = chunks[index];
        expect(frame.length).toBe(chunk?.byteLength);
        expect(toHex(crypto.sha256(frame))).toBe(chunk?.sha256);
        if (chunk?.frame !== undefined) expect(toHex(frame)).toBe(chunk.frame);
      });
    },
  );
});

describe("signatures.json", () => {
  const { server, plan, refusedPlans, device } = readVectors<SignatureVectors>("signatures.json");

  it("has a plan that the server key has signed", async () => {
    const bytes = utf8(plan.text);
    const { signing } = parseServerKey(server.serverKey);
    expect(planIdOf(crypto, bytes)).toBe(plan.sha256);
    for (const client of clients) {
      expect(await verifyPlanSignature(client, signing, bytes, fromHex(plan.signature))).toBe(true);
    }
    expect(decodePlan(bytes).task).toBe("next-digit");
  });

  it.each(refusedPlans.map(({ why, text }) => [why, text] as const))(
    "has a text that is no plan: %s",
    (_, text) => {
      errorOf(() => decodePlan(utf8(text)), "PLAN_INVALID");
    },
  );

  it("has the proof of a device", async () => {
    const publicKey = fromHex(device.publicKey);
    const proof = { publicKey, signature: fromHex(device.signature) };
    const hash = fromHex(device.handshakeHash);
    expect(isDeviceProof(crypto, proof, hash, device.population)).toBe(true);
    expect(deviceIdOf(crypto, publicKey)).toBe(device.deviceId);
    for (const client of clients) {
      const made = await proveDevice(client, fromHex(device.seed), hash, device.population);
      expect(made).toEqual(proof);
    }
  });
});

describe("transcript.json", () => {
  const transcript = readVectors<TranscriptVectors>("transcript.json");

  it.each(clients)("has the frames of a session, as $name makes them", async (client) => {
    const channels = await replayHandshake(transcript, client);
    for (const { from, kind, frame, plaintext, message } of transcript.steps) {
      if (kind !== "record") continue;
      const to = channels[from === "client" ? "server" : "client"];
      const { body } = decodeFrame(fromHex(frame));
      const opened = to.open(body);
      expect(toHex(opened)).toBe(plaintext);
      expect(messageJson(from, opened)).toEqual(message);
      expect(toHex(channels[from].seal(opened))).toBe(toHex(body));
    }
  });

  it("has the records around the first change of the key", async () => {
    const channels = await replayHandshake(transcript, crypto);
    for (const from of ["client", "server"] as const) {
      const due = transcript.afterwards.filter((record) => record.from === from);
      expect(due.map(({ index }) => index)).toEqual([16_383, 16_384]);
      // The nonce of a record is its number, so that what the others carry does not matter.
      for (let index = 0; index <= 16_384; index++) {
        const record = toHex(channels[from].seal(new Uint8Array(0)));
        const expected = due.find((one) => one.index === index);
        if (expected !== undefined) expect(record).toBe(expected.record);
      }
    }
  });

  it("has a report whose payload holds the update, to the codec's precision", () => {
    const chunks = transcript.steps.flatMap(({ message }) => {
      const data = message?.reportChunk?.data;
      return data === undefined ? [] : [Uint8Array.from(Buffer.from(data, "base64"))];
    });
    const update = new Float32Array(fromHex(transcript.update).slice().buffer);
    const codec = updateCodec({ codec: "uniform", bits: 8 });
    const decoded = decodeAll(codec, concatBytes(...chunks), update.length);
    decoded.forEach((value, i) => expect(Math.abs(value - update[i]!)).toBeLessThan(2 ** -20));
  });
});

/** Both ends of the session, from the secrets that its vectors name. */
async function replayHandshake(
  transcript: TranscriptVectors,
  clientCrypto: ClientCrypto,
): Promise<{ client: Channel; server: Channel }> {
  const { serverKey } = readVectors<SignatureVectors>("signatures.json").server;
  const [first, second] = transcript.steps.map(({ frame }) => frame);
  const started = await startHandshake({
    crypto: clientCrypto,
    random: always(fromHex(transcript.clientEphemeralSecret)),
    serverChannelKey: parseServerKey(serverKey).channel,
  });
  expect(toHex(encodeFrame({ kind: "handshake", body: started.message }))).toBe(first);
  const accepted = acceptHandshake({
    crypto,
    random: always(fromHex(transcript.serverEphemeralSecret)),
    channelSecret: fromHex(transcript.serverChannelSecret),
    message: started.message,
  });
  expect(toHex(encodeFrame({ kind: "handshake", body: accepted.reply }))).toBe(second);
  const client = await started.finish(accepted.reply);
  expect(toHex(client.handshakeHash)).toBe(transcript.handshakeHash);
  return { client, server: accepted.channel };
}
