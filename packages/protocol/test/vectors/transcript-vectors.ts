import protobuf from "protobufjs";
import { fileURLToPath } from "node:url";
import { toHex, utf8 } from "../../src/bytes/encoding.ts";
import { float32Bytes } from "../../src/bytes/float32-bytes.ts";
import { encodeFrame, sealRecordFrame } from "../../src/channel/frames.ts";
import type { Channel } from "../../src/channel/channel.ts";
import { acceptHandshake, startHandshake } from "../../src/channel/noise.ts";
import { sealArtifact } from "../../src/channel/seal-artifact.ts";
import { serverKeyOf } from "../../src/channel/server-key.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import type { CheckpointId, PlanId, RoundId, SessionId } from "../../src/ids.ts";
import { PROTOCOL_CONSTANTS } from "../../src/protocol-constants.ts";
import { checkpointIdOf, encodeCheckpoint } from "../../src/model/checkpoint.ts";
import { encodePlan, planIdOf, signPlan } from "../../src/plan/plan-bytes.ts";
import type { RandomSource } from "../../src/random/random-source.ts";
import { updateCodec } from "../../src/update/codec-table.ts";
import { encodeClientMessage, encodeServerMessage } from "../../src/wire/codec.ts";
import type { ClientMessage, ServerMessage } from "../../src/wire/messages.ts";
import { samplePlan } from "../plan-sample.ts";
import { SERVER_SECRETS } from "./signature-vectors.ts";

type Side = "client" | "server";

/** One frame of a session, in the order in which the frames are sent. */
export interface TranscriptStep {
  readonly from: Side;
  readonly kind: "handshake" | "record" | "sealedChunk";
  /** The whole WebSocket message, hexadecimal. */
  readonly frame: string;
  /** Of a record: its plaintext, hexadecimal. */
  readonly plaintext?: string;
  /** Of a record: the message in the JSON form of protocol buffers. */
  readonly message?: MessageJson;
}

/** A message in the JSON form of protocol buffers, as far as tests look into it. */
interface MessageJson {
  readonly reportChunk?: { readonly data: string };
}

/** What `transcript.json` holds; all bytes are hexadecimal. */
export interface TranscriptVectors {
  readonly about: string;
  readonly serverChannelSecret: string;
  readonly clientEphemeralSecret: string;
  readonly serverEphemeralSecret: string;
  readonly handshakeHash: string;
  readonly checkpoint: string;
  /** The update that the client reports. */
  readonly update: string;
  readonly steps: readonly TranscriptStep[];
  /**
   * Records without plaintext that each side would send after the session, by their number from 0:
   * the last under the first key, and the first under the next.
   */
  readonly afterwards: readonly { from: Side; index: number; record: string }[];
}

/** The messages as any implementation of protocol buffers reads them. */
export const messageTypes = protobuf
  .loadSync(fileURLToPath(new URL("../../src/wire/tributary.proto", import.meta.url)))
  .lookup("tributary.v1") as protobuf.Namespace;

/** A record's plaintext in the JSON form of protocol buffers. */
export function messageJson(from: Side, plaintext: Uint8Array): MessageJson {
  const type = messageTypes.lookupType(from === "client" ? "ClientMessage" : "ServerMessage");
  return type.toObject(type.decode(plaintext), { bytes: String, enums: String, longs: Number });
}

/** A source that gives the same bytes at every call. */
export const always = (bytes: Uint8Array): RandomSource => {
  const source: RandomSource = { bytes: (length) => bytes.slice(0, length), derive: () => source };
  return source;
};

/** A session in which a client goes through one round. */
export async function makeTranscript(crypto: CryptoProvider): Promise<TranscriptVectors> {
  const clientEphemeral = crypto.sha256(utf8("client"));
  const serverEphemeral = crypto.sha256(utf8("server"));
  const { channelSecret, signingSeed } = SERVER_SECRETS;
  const started = await startHandshake({
    crypto,
    random: always(clientEphemeral),
    serverChannelKey: serverKeyOf(crypto, SERVER_SECRETS).channel,
  });
  const accepted = acceptHandshake({
    crypto,
    random: always(serverEphemeral),
    channelSecret,
    message: started.message,
  });
  const channels: Readonly<Record<Side, Channel>> = {
    client: await started.finish(accepted.reply),
    server: accepted.channel,
  };

  const steps: TranscriptStep[] = [];
  const sent = { client: 0, server: 0 };
  const handshake = (from: Side, body: Uint8Array): void => {
    steps.push({ from, kind: "handshake", frame: toHex(encodeFrame({ kind: "handshake", body })) });
  };
  const record = (from: Side, plaintext: Uint8Array): void => {
    sent[from] += 1;
    steps.push({
      from,
      kind: "record",
      frame: toHex(sealRecordFrame(channels[from], plaintext)),
      plaintext: toHex(plaintext),
      message: messageJson(from, plaintext),
    });
  };
  const client = (message: ClientMessage): void => record("client", encodeClientMessage(message));
  const server = (message: ServerMessage): void => record("server", encodeServerMessage(message));

  const plan = encodePlan(samplePlan);
  const planId: PlanId = planIdOf(crypto, plan);
  const weights = Float32Array.from({ length: 17 }, (_, i) => (i - 8) / 16);
  const checkpoint = encodeCheckpoint(weights);
  const checkpointId: CheckpointId = checkpointIdOf(crypto, checkpoint);
  const update = Float32Array.from(weights, (weight, i) => weight / 2 ** (i + 20));
  const codec = updateCodec(samplePlan.update);
  const payload = codec.encode(update, always(new Uint8Array(8)));
  const key = crypto.sha256(utf8("round key"));
  const reportNonce = crypto.sha256(utf8("nonce")).slice(0, 16);
  const roundId = "rnd_000102030405060708090a0b0c0d0e0f" as RoundId;

  handshake("client", started.message);
  handshake("server", accepted.reply);
  client({ type: "hello", oldestVersion: 1, newestVersion: 1, software: "vectors/1" });
  server({
    type: "welcome",
    version: 1,
    sessionId: "ses_0f0e0d0c0b0a09080706050403020100" as SessionId,
  });
  client({
    type: "checkIn",
    population: samplePlan.population,
    codecs: [codec.name],
    maxParameters: 1_000,
    exampleCount: 12,
    heldOutCount: 0,
    heldArtifacts: [],
  });
  server({ type: "checkInAccepted" });
  server({
    type: "roundConfiguration",
    roundId,
    roundNumber: 3,
    taskName: samplePlan.task,
    delivery: {
      plan: { id: planId, byteLength: plan.length },
      planSignature: signPlan(crypto, signingSeed, plan),
      checkpoint: { id: checkpointId, byteLength: checkpoint.length },
      key,
    },
    reportNonce,
    timeLeftMs: 120_000,
    purpose: "training",
  });
  for (const frame of [
    ...sealArtifact({ crypto, key, artifact: "plan", id: planId, bytes: plan }),
    ...sealArtifact({ crypto, key, artifact: "checkpoint", id: checkpointId, bytes: checkpoint }),
  ]) {
    steps.push({ from: "server", kind: "sealedChunk", frame: toHex(frame) });
  }
  client({ type: "configured", roundId });
  client({
    type: "reportBegin",
    roundId,
    reportNonce,
    exampleCount: 12,
    codec: codec.name,
    updateBytes: payload.length,
    metrics: [
      { name: "loss", value: 0.5 },
      { name: "accuracy", value: 0.75 },
    ],
  });
  server({ type: "reportGrant", roundId });
  client({ type: "reportChunk", data: payload.subarray(0, 10) });
  client({ type: "reportChunk", data: payload.subarray(10) });
  server({ type: "reportResult", roundId, refused: undefined });
  server({
    type: "roundOutcome",
    roundId,
    outcome: { committed: { id: checkpointId, byteLength: checkpoint.length } },
    nextCheckInMs: 5_000,
    taskFinished: false,
  });

  const afterwards: TranscriptVectors["afterwards"][number][] = [];
  const { rekeyAfterRecords } = PROTOCOL_CONSTANTS;
  for (const from of ["client", "server"] as const) {
    for (let index = sent[from]; index <= rekeyAfterRecords; index++) {
      const sealed = channels[from].seal(new Uint8Array(0));
      if (index >= rekeyAfterRecords - 1) afterwards.push({ from, index, record: toHex(sealed) });
    }
  }
  return {
    about:
      "A whole session, frame by frame: handshake, check-in, round, report (docs/protocol.md). Bytes are hexadecimal; messages are in the JSON form of protocol buffers, in which bytes are base64.",
    serverChannelSecret: toHex(channelSecret),
    clientEphemeralSecret: toHex(clientEphemeral),
    serverEphemeralSecret: toHex(serverEphemeral),
    handshakeHash: toHex(channels.client.handshakeHash),
    checkpoint: toHex(checkpoint),
    update: toHex(float32Bytes(update)),
    steps,
    afterwards,
  };
}
