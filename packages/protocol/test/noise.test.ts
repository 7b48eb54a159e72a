import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { CryptoProvider } from "../src/crypto/crypto-provider.ts";
import { createLibsodiumProvider } from "../src/crypto/libsodium.ts";
import { createNobleProvider } from "../src/crypto/noble.ts";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { createWebCryptoProvider } from "../src/crypto/web-crypto.ts";
import { seededRandom, type RandomSource } from "../src/random/random-source.ts";
import type { Channel } from "../src/channel/channel.ts";
import { sealRecordFrame } from "../src/channel/frames.ts";
import { acceptHandshake, startHandshake, type HandshakeOptions } from "../src/channel/noise.ts";
import { fromHex, toHex, utf8 } from "../src/bytes/encoding.ts";
import { PROTOCOL_CONSTANTS } from "../src/protocol-constants.ts";
import { errorFrom, errorOf } from "./expect-error.ts";
import { readVectors, VECTORS } from "./published-vectors.ts";

const sodium = await createLibsodiumProvider();
const node = createNodeCryptoProvider();
const providers = [sodium, createNobleProvider(), node];
const clients = [...providers, await createWebCryptoProvider()];

describe.skipIf(VECTORS === undefined)("the published Noise NK vectors", () => {
  const pairs = clients.flatMap((client) => providers.map((server) => ({ client, server })));

  it.each(pairs)("pass with $client.name as client and $server.name as server", async (pair) => {
    const vector = noiseVector("Noise_NK_25519_ChaChaPoly_SHA256");
    const [first, second, ...transport] = vector.messages;
    if (first === undefined || second === undefined) throw new Error("no handshake messages");
    const handshake = await startHandshake({
      crypto: pair.client,
      random: scripted(vector.init_ephemeral),
      serverChannelKey: fromHex(vector.init_remote_static),
      prologue: fromHex(vector.init_prologue),
      payload: fromHex(first.payload),
    });
    expect(toHex(handshake.message)).toBe(first.ciphertext);

    const accepted = acceptHandshake({
      crypto: pair.server,
      random: scripted(vector.resp_ephemeral),
      channelSecret: fromHex(vector.resp_static),
      message: fromHex(first.ciphertext),
      prologue: fromHex(vector.resp_prologue),
      payload: fromHex(second.payload),
    });
    expect(toHex(accepted.reply)).toBe(second.ciphertext);
    expect(toHex(accepted.channel.peerPayload)).toBe(first.payload);

    const channel = await handshake.finish(fromHex(second.ciphertext));
    expect(toHex(channel.peerPayload)).toBe(second.payload);
    expect(toHex(channel.handshakeHash)).toBe(vector.handshake_hash);
    expect(toHex(accepted.channel.handshakeHash)).toBe(vector.handshake_hash);

    expect(transport).toHaveLength(4);
    transport.forEach(({ payload, ciphertext }, i) => {
      const [from, to] = i % 2 === 0 ? [channel, accepted.channel] : [accepted.channel, channel];
      expect(toHex(from.seal(fromHex(payload)))).toBe(ciphertext);
      expect(toHex(to.open(fromHex(ciphertext)))).toBe(payload);
    });
  });
});

describe.each(providers)("a channel over $name", (crypto) => {
  it("carries records of any length up to the limit, in order and in both directions", async () => {
    const { client, server } = await connect(crypto);
    const random = seededRandom(crypto, 3);
    const lengths = [0, 1, 1000, PROTOCOL_CONSTANTS.maxRecordPlaintextBytes];
    for (const length of [...lengths, ...lengths]) {
      const plaintext = random.bytes(length);
      expect(toHex(server.open(client.seal(plaintext)))).toBe(toHex(plaintext));
      expect(toHex(client.open(server.seal(plaintext)))).toBe(toHex(plaintext));
    }
  });

  it("gives both sides the same handshake hash, and each connection another one", async () => {
    const a = await connect(crypto, { seed: 1 });
    const b = await connect(crypto, { seed: 2 });
    expect(a.client.handshakeHash).toEqual(a.server.handshakeHash);
    expect(b.client.handshakeHash).toEqual(b.server.handshakeHash);
    expect(a.client.handshakeHash).not.toEqual(b.client.handshakeHash);
    expect(a.client.peerPayload).toEqual(new Uint8Array(0));
  });

  it("fits the longest record's frame into a client's largest frame", async () => {
    const { client } = await connect(crypto);
    const longest = new Uint8Array(PROTOCOL_CONSTANTS.maxRecordPlaintextBytes);
    const frame = sealRecordFrame(client, longest);
    expect(frame.length).toBeLessThanOrEqual(PROTOCOL_CONSTANTS.maxClientFrameBytes);
  });

  it("refuses to seal a record that is too long, and stays usable", async () => {
    const { client, server } = await connect(crypto);
    const tooLong = new Uint8Array(PROTOCOL_CONSTANTS.maxRecordPlaintextBytes + 1);
    errorOf(() => client.seal(tooLong), "BAD_PARAMETER");
    expect(server.open(client.seal(utf8("still here")))).toEqual(utf8("still here"));
  });

  it("does not modify the plaintext or the record", async () => {
    const { client, server } = await connect(crypto);
    const plaintext = utf8("a report");
    const record = client.seal(plaintext);
    const copy = record.slice();
    server.open(record);
    expect(plaintext).toEqual(utf8("a report"));
    expect(record).toEqual(copy);
  });

  it("replaces the key of each direction after that direction's own number of records", async () => {
    const after = 3;
    const random = () => scripted("11".repeat(32));
    const { client, server } = await connect(crypto, { rekeyAfterRecords: after, random });
    const never = await connect(crypto, { rekeyAfterRecords: 1_000, random });
    for (let i = 0; i < 10; i++) {
      const plaintext = utf8(`record ${i}`);
      const record = client.seal(plaintext);
      const withoutRekey = never.client.seal(plaintext);
      expect(toHex(record) === toHex(withoutRekey)).toBe(i < after);
      expect(server.open(record)).toEqual(plaintext);
      // The other direction counts its own records: it carries one for every two of this direction.
      if (i % 2 === 0) {
        expect(client.open(server.seal(plaintext))).toEqual(plaintext);
      }
    }
  });

  it("replaces keys as Noise §4.2 defines it, without resetting the nonce", async () => {
    // The transport keys cannot be read from outside, so a provider that wraps the real one notes
    // the keys and nonces that it is given.
    const used: { key: string; nonce: string; plaintext: string }[] = [];
    const noting: CryptoProvider = {
      ...crypto,
      seal(key, nonce, ad, plaintext, headroom) {
        used.push({ key: toHex(key), nonce: toHex(nonce), plaintext: toHex(plaintext) });
        return crypto.seal(key, nonce, ad, plaintext, headroom);
      },
    };
    const { client } = await connect(noting, { rekeyAfterRecords: 2 });
    used.length = 0;
    for (let i = 0; i < 5; i++) client.seal(Uint8Array.of(i));
    const rekeyNonce = "00000000ffffffffffffffff";
    const zeros = "00".repeat(32);
    expect(used.map(({ nonce, plaintext }) => [nonce, plaintext])).toEqual([
      ["000000000000000000000000", "00"],
      ["000000000100000000000000", "01"],
      [rekeyNonce, zeros],
      ["000000000200000000000000", "02"],
      ["000000000300000000000000", "03"],
      [rekeyNonce, zeros],
      ["000000000400000000000000", "04"],
    ]);
    const [k0, , atRekey, k1] = used.map(({ key }) => fromHex(key));
    if (k0 === undefined || k1 === undefined) throw new Error("no keys");
    expect(atRekey).toEqual(k0);
    const sealed = crypto.seal(k0, fromHex(rekeyNonce), new Uint8Array(0), fromHex(zeros));
    expect(toHex(k1)).toBe(toHex(sealed.subarray(0, 32)));
  });

  it("cannot be read by a side that replaces its key at another time", async () => {
    const { client, server } = await connect(crypto, {
      rekeyAfterRecords: 2,
      serverRekeyAfterRecords: 3,
    });
    for (let i = 0; i < 2; i++) server.open(client.seal(utf8("same key")));
    errorOf(() => server.open(client.seal(utf8("other key"))), "MALFORMED_FRAME");
  });

  it("ends when one direction has carried as many records as it may", async () => {
    const { client, server } = await connect(crypto, { maxRecords: 2 });
    const records = [client.seal(utf8("one")), client.seal(utf8("two"))];
    for (const record of records) server.open(record);
    const error = errorOf(() => client.seal(utf8("three")), "CONNECTION_LOST");
    expect(error.remedy).toBe("Connect again.");
    errorOf(() => client.open(server.seal(utf8("x"))), "CONNECTION_LOST");
  });

  it.each(["replayed", "altered", "cut short", "out of order", "reflected", "too long"])(
    "ends with a record that is %s",
    async (how) => {
      const { client, server } = await connect(crypto);
      const good = client.seal(utf8("good"));
      server.open(good);
      const next = client.seal(utf8("next"));
      const bad = {
        replayed: () => good,
        altered: () => Uint8Array.from(next, (byte, i) => (i === 2 ? byte ^ 1 : byte)),
        "cut short": () => next.subarray(0, 15),
        "out of order": () => client.seal(utf8("the one after")),
        reflected: () => server.seal(utf8("my own")),
        "too long": () => new Uint8Array(PROTOCOL_CONSTANTS.maxRecordPlaintextBytes + 17),
      }[how];
      if (bad === undefined) throw new Error(how);
      errorOf(() => server.open(bad()), "MALFORMED_FRAME");
      // Even the right record no longer opens, and nothing more can be sealed.
      for (const step of [() => server.open(next), () => server.seal(utf8("x"))]) {
        expect(errorOf(step, "MALFORMED_FRAME").message).toContain("has ended");
      }
    },
  );

  it("throws nothing but MALFORMED_FRAME for random bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (garbage) => {
        const { server } = await connect(crypto);
        errorOf(() => server.open(garbage), "MALFORMED_FRAME");
      }),
      { numRuns: 40 },
    );
  });

  it("can be closed twice, and afterwards neither seals nor opens", async () => {
    const { client, server } = await connect(crypto);
    const record = server.seal(utf8("late"));
    client.close();
    client.close();
    errorOf(() => client.open(record), "CONNECTION_LOST");
    errorOf(() => client.seal(record), "CONNECTION_LOST");
  });
});

describe.each(providers)("a handshake over $name", (crypto) => {
  const secret = fromHex("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893");
  const otherSecret = fromHex("2b".repeat(32));
  const random = () => seededRandom(crypto, 7);
  const start = (key = crypto.x25519PublicKey(secret)) =>
    startHandshake({ crypto, random: random(), serverChannelKey: key });
  const accept = (message: Uint8Array, channelSecret = secret) =>
    acceptHandshake({ crypto, random: random().derive("server"), channelSecret, message });

  it("fails at the server when the client pins another server's key", async () => {
    const { message } = await start(crypto.x25519PublicKey(otherSecret));
    const error = errorOf(() => accept(message), "HANDSHAKE_FAILED");
    expect(error.message).toContain("does not hold the key that the client pins");
    expect(error.remedy).toContain("serverKey");
  });

  it("fails at the client when the one who answers does not hold the pinned key", async () => {
    const handshake = await start();
    // The impostor knows the pinned public key but not its secret, so it can only guess the shared
    // secret.
    const impostor = accept(
      (await start(crypto.x25519PublicKey(otherSecret))).message,
      otherSecret,
    );
    const error = await errorFrom(() => handshake.finish(impostor.reply), "HANDSHAKE_FAILED");
    expect(error.message).toContain("The server does not hold the pinned key");
    expect(error.remedy).toContain("serverKey");
  });

  it("fails when the two sides have different prologues", async () => {
    const serverChannelKey = crypto.x25519PublicKey(secret);
    const prologue = utf8("tributary/channel/v0");
    const handshake = await startHandshake({
      crypto,
      random: random(),
      serverChannelKey,
      prologue,
    });
    errorOf(() => accept(handshake.message), "HANDSHAKE_FAILED");
  });

  it("cannot be finished twice, or after it was abandoned", async () => {
    const handshake = await start();
    const { reply } = accept(handshake.message);
    await handshake.finish(reply);
    await errorFrom(() => handshake.finish(reply), "HANDSHAKE_FAILED");
    const abandoned = await start();
    abandoned.abandon();
    await errorFrom(() => abandoned.finish(reply), "HANDSHAKE_FAILED");
  });

  it("cannot be finished after a wrong answer", async () => {
    const handshake = await start();
    const { reply } = accept(handshake.message);
    await errorFrom(() => handshake.finish(reply.subarray(1)), "HANDSHAKE_FAILED");
    await errorFrom(() => handshake.finish(reply), "HANDSHAKE_FAILED");
  });

  it("zeroes the ephemeral secrets when it is over", async () => {
    const drawn: Uint8Array[] = [];
    const source = random();
    const noting: RandomSource = {
      bytes(length) {
        const bytes = source.bytes(length);
        drawn.push(bytes);
        return bytes;
      },
      derive: () => noting,
    };
    const serverChannelKey = crypto.x25519PublicKey(secret);
    const handshake = await startHandshake({ crypto, random: noting, serverChannelKey });
    const { message } = handshake;
    const { reply } = acceptHandshake({ crypto, random: noting, channelSecret: secret, message });
    await handshake.finish(reply);
    expect(drawn).toEqual([new Uint8Array(32), new Uint8Array(32)]);
    expect(toHex(secret)).not.toMatch(/^0+$/);
  });

  it.each([
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ])("refuses %s, a point of small order, from both sides and as the pinned key", async (point) => {
    const tail = "00".repeat(16);
    errorOf(() => accept(fromHex(point + tail)), "HANDSHAKE_FAILED");
    const handshake = await start();
    await errorFrom(() => handshake.finish(fromHex(point + tail)), "HANDSHAKE_FAILED");
    await errorFrom(() => start(fromHex(point)), "HANDSHAKE_FAILED");
  });

  it("refuses keys of the wrong length and options out of their range", async () => {
    const bad = (step: () => Promise<unknown>) => errorFrom(step, "BAD_PARAMETER");
    await bad(() => start(new Uint8Array(31)));
    const { message } = await start();
    errorOf(() => accept(message, new Uint8Array(33)), "BAD_PARAMETER");
    const serverChannelKey = crypto.x25519PublicKey(secret);
    const base = { crypto, random: random(), serverChannelKey };
    await bad(() => startHandshake({ ...base, rekeyAfterRecords: 0 }));
    await bad(() => startHandshake({ ...base, rekeyAfterRecords: 1.5 }));
    await bad(() => startHandshake({ ...base, maxRecords: -1 }));
    await bad(() => startHandshake({ ...base, payload: new Uint8Array(65_488) }));
    const longest = await startHandshake({ ...base, payload: new Uint8Array(65_487) });
    expect(longest.message).toHaveLength(65_535);
  });

  it("fails with HANDSHAKE_FAILED for random bytes and for altered messages", async () => {
    const messages = fc.oneof(
      fc.uint8Array({ maxLength: 120 }),
      fc.uint8Array({ minLength: 48, maxLength: 48 }),
      fc.constant(new Uint8Array(65_536)),
    );
    const { message } = await start();
    const { reply } = accept(message);
    await fc.assert(
      fc.asyncProperty(messages, async (garbage) => {
        errorOf(() => accept(garbage), "HANDSHAKE_FAILED");
        const handshake = await start();
        await errorFrom(() => handshake.finish(garbage), "HANDSHAKE_FAILED");
      }),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(47), fc.integer({ min: 1, max: 255 }), async (at, xor) => {
        // X25519 ignores the top bit of a point, but the handshake hash includes it.
        const alter = (bytes: Uint8Array) =>
          Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ xor : byte));
        errorOf(() => accept(alter(message)), "HANDSHAKE_FAILED");
        const handshake = await start();
        await errorFrom(() => handshake.finish(alter(reply)), "HANDSHAKE_FAILED");
      }),
      { numRuns: 60 },
    );
  });
});

interface NoiseVector {
  readonly protocol_name: string;
  readonly init_prologue: string;
  readonly init_ephemeral: string;
  readonly init_remote_static: string;
  readonly resp_prologue: string;
  readonly resp_static: string;
  readonly resp_ephemeral: string;
  readonly handshake_hash: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

/** The published vector of one protocol. */
function noiseVector(name: string): NoiseVector {
  const { vectors } = JSON.parse(readVectors("noise/cacophony-25519-chachapoly.json")) as {
    vectors: NoiseVector[];
  };
  const vector = vectors.find(({ protocol_name }) => protocol_name === name);
  if (vector === undefined) throw new Error(`no vector ${name}`);
  return vector;
}

/** A source that gives the bytes of one hexadecimal text at every call. */
function scripted(hex: string): RandomSource {
  const source: RandomSource = {
    bytes(length) {
      const bytes = fromHex(hex);
      if (bytes.length !== length) throw new Error(`${length} bytes were asked for`);
      return bytes;
    },
    derive: () => source,
  };
  return source;
}

/** A client's and a server's channel after a handshake between them, without a socket. */
async function connect(
  crypto: CryptoProvider,
  options: {
    seed?: number;
    random?: () => RandomSource;
    rekeyAfterRecords?: number;
    serverRekeyAfterRecords?: number;
    maxRecords?: number;
  } = {},
): Promise<{ client: Channel; server: Channel }> {
  const seeded = seededRandom(crypto, options.seed ?? 1);
  const channelSecret = seeded.derive("static").bytes(32);
  const { rekeyAfterRecords = PROTOCOL_CONSTANTS.rekeyAfterRecords } = options;
  const side = (label: string): HandshakeOptions => ({
    crypto,
    random: options.random?.() ?? seeded.derive(label),
    rekeyAfterRecords:
      label === "server"
        ? (options.serverRekeyAfterRecords ?? rekeyAfterRecords)
        : rekeyAfterRecords,
    maxRecords: options.maxRecords ?? 1_000,
  });
  const serverChannelKey = crypto.x25519PublicKey(channelSecret);
  const handshake = await startHandshake({ ...side("client"), crypto, serverChannelKey });
  const { message } = handshake;
  const accepted = acceptHandshake({ ...side("server"), crypto, channelSecret, message });
  return { client: await handshake.finish(accepted.reply), server: accepted.channel };
}
