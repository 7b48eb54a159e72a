import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { fromBase64Url, toBase64Url } from "../src/bytes/base64url.ts";
import {
  formatServerKey,
  formatServerSecrets,
  generateServerSecrets,
  parseServerKey,
  parseServerSecrets,
  serverKeyOf,
} from "../src/channel/server-key.ts";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { seededRandom } from "../src/random/random-source.ts";
import { anyCharacter } from "./any-character.ts";
import { errorOf } from "./expect-error.ts";

const crypto = createNodeCryptoProvider();
const secrets = generateServerSecrets(seededRandom(crypto, 5));
const key = serverKeyOf(crypto, secrets);

describe("server keys", () => {
  it("can be written as one line and read again", () => {
    const text = formatServerKey(key);
    expect(text).toMatch(/^tributary-key-v1:[A-Za-z0-9_-]{86}$/);
    expect(parseServerKey(text)).toEqual(key);
    expect(parseServerKey(`  ${text}\n`)).toEqual(key);
    const secretText = formatServerSecrets(secrets);
    expect(secretText).toMatch(/^tributary-secret-v1:[A-Za-z0-9_-]{86}$/);
    expect(parseServerSecrets(secretText)).toEqual(secrets);
  });

  it("hold the public halves of the secrets", () => {
    expect(key.channel).toEqual(crypto.x25519PublicKey(secrets.channelSecret));
    const message = Uint8Array.of(1);
    const signature = crypto.ed25519Sign(secrets.signingSeed, message);
    expect(crypto.ed25519Verify(key.signing, message, signature)).toBe(true);
    expect(secrets.channelSecret).not.toEqual(secrets.signingSeed);
  });

  it.each([
    ["empty", ""],
    ["without its prefix", formatServerKey(key).slice("tributary-key-v1:".length)],
    ["of another version", formatServerKey(key).replace("v1", "v2")],
    ["cut short", formatServerKey(key).slice(0, -1)],
    ["cut by a whole byte", formatServerKey(key).slice(0, -2)],
    ["too long", `${formatServerKey(key)}AA`],
    ["in plain base64", `${formatServerKey(key).slice(0, -2)}+/`],
    ["padded", `${formatServerKey(key)}==`],
    ["in characters outside ASCII", `${formatServerKey(key).slice(0, -1)}é`],
  ])("are refused when the text is %s", (_, text) => {
    const error = errorOf(() => parseServerKey(text), "BAD_PARAMETER");
    expect(error.remedy).toContain("tributary-key-v1:");
  });

  it("are not confused with secrets, and no error repeats a secret", () => {
    const secretText = formatServerSecrets(secrets);
    const error = errorOf(() => parseServerKey(secretText), "BAD_PARAMETER");
    expect(error.message).toContain("the server's secret, and not its public key");
    const errors = [
      error,
      errorOf(() => parseServerSecrets(secretText.slice(0, -1)), "BAD_PARAMETER"),
      errorOf(() => parseServerSecrets(formatServerKey(key)), "BAD_PARAMETER"),
      errorOf(
        () => parseServerSecrets(secretText.slice("tributary-secret-v1:".length)),
        "BAD_PARAMETER",
      ),
    ];
    for (const { message, context } of errors) {
      expect(message + JSON.stringify(context)).not.toContain(secretText.slice(30, 40));
    }
  });

  it("are refused with BAD_PARAMETER for any other text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: anyCharacter, maxLength: 120 }),
        fc.boolean(),
        (text, prefixed) => {
          errorOf(
            () => parseServerKey(prefixed ? `tributary-key-v1:${text}` : text),
            "BAD_PARAMETER",
          );
        },
      ),
    );
  });
});

describe("base64url", () => {
  it("gives the same text as Node's Buffer, and the text can be read again", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = toBase64Url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64url"));
        expect(fromBase64Url(text)).toEqual(bytes);
      }),
    );
  });

  it("has exactly one text for each byte string", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{0,12}$/), (text) => {
        const bytes = fromBase64Url(text);
        if (bytes !== undefined) expect(toBase64Url(bytes)).toBe(text);
      }),
      { numRuns: 500 },
    );
    expect(fromBase64Url("A")).toBeUndefined();
    expect(fromBase64Url("AB")).toBeUndefined();
    expect(fromBase64Url("AA")).toEqual(Uint8Array.of(0));
  });
});
