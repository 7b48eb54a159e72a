import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ErrorCode, TributaryError } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { checkEnrolmentToken, type EnrolmentClaims } from "../src/enrolment/enrolment-token.ts";
import type { TokenRules } from "../src/storage/access-store.ts";
import { RULES, base64Url, mintToken, type TokenOptions } from "./enrolment-tokens.ts";

const crypto = createNodeCryptoProvider();
const nowMs = 1_790_000_000_000;
const now = nowMs / 1_000;

const check = (token: string, rules: TokenRules = RULES): EnrolmentClaims =>
  checkEnrolmentToken(token, { crypto, rules, audience: "writers", nowMs });

function codeOf(token: string, rules?: TokenRules): ErrorCode | undefined {
  try {
    check(token, rules);
    return undefined;
  } catch (error) {
    return (error as TributaryError).code;
  }
}
const mint = (options: Omit<TokenOptions, "nowMs"> = {}): string =>
  mintToken({ nowMs, ...options });

describe("an enrolment token", () => {
  it("is valid when the backend has signed it for this population", () => {
    expect(check(mint()).subject).toBeUndefined();
    expect(check(mint({ claims: { sub: "device-1" } })).subject).toBe("device-1");
    expect(codeOf(mint({ aud: ["keyboard", "writers"] }))).toBeUndefined();
    expect(codeOf(mint({ header: { typ: undefined } }))).toBeUndefined();
    expect(codeOf(mint({ header: { kid: "../../etc/passwd" } }))).toBeUndefined();
  });

  it("has a name of its own, which its copies and its renewals under one jti share", () => {
    const names = [
      mint(),
      mint({ claims: { nbf: now } }),
      mint({ claims: { jti: "1" } }),
      mint({ claims: { jti: "2" } }),
    ].map((token) => check(token).name);
    expect(new Set(names).size).toBe(4);
    expect(check(mint()).name).toBe(names[0]);
    expect(check(mint({ claims: { jti: "1", exp: now + 60 } })).name).toBe(names[2]);
  });

  it("lives no longer than the policy allows, whenever it was issued", () => {
    const rules = { ...RULES, maximumLifetimeSeconds: 3_600 };
    const code = (claims: Readonly<Record<string, unknown>>): ErrorCode | undefined =>
      codeOf(mint({ claims }), rules);
    expect(code({ iat: now, exp: now + 3_600 })).toBeUndefined();
    expect(code({ iat: now, exp: now + 3_601 })).toBe("TOKEN_INVALID");
    expect(code({ iat: now - 3_000, exp: now + 601 })).toBe("TOKEN_INVALID");
    expect(code({ iat: undefined, exp: now + 3_660 })).toBeUndefined();
    expect(code({ iat: undefined, exp: now + 3_661 })).toBe("TOKEN_INVALID");
    expect(codeOf(mint({ claims: { exp: 10 * now } }))).toBe("TOKEN_INVALID");
  });

  it("is valid when other software has signed it, here node's own Ed25519", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const input = mint().split(".").slice(0, 2).join(".");
    const token = `${input}.${sign(null, Buffer.from(input), privateKey).toString("base64url")}`;
    const { x } = publicKey.export({ format: "jwk" });
    expect(codeOf(token)).toBe("TOKEN_INVALID");
    expect(codeOf(token, { ...RULES, keys: [...RULES.keys, x!] })).toBeUndefined();
  });

  it.each<[string, Omit<TokenOptions, "nowMs">]>([
    ["for another audience", { aud: "keyboard" }],
    ["without an audience", { aud: null }],
    ["for an audience that only begins like it", { aud: "writers2" }],
    ["of another issuer", { claims: { iss: "https://evil.example" } }],
    ["without an issuer", { claims: { iss: undefined } }],
    ["signed by another key", { seed: new Uint8Array(32).fill(8) }],
    ["without an expiry", { claims: { exp: undefined } }],
    ["whose expiry is text", { claims: { exp: "never" } }],
    ["that is not valid yet", { claims: { nbf: now + 61 } }],
    ["issued in the future", { claims: { iat: now + 61 } }],
    ["with an algorithm of another name", { header: { alg: "ES256" } }],
    ["with critical extensions", { header: { crit: ["b64"], b64: false } }],
    ["of another type", { header: { typ: "dpop+jwt" } }],
    ["with an empty subject", { claims: { sub: "" } }],
    ["with a subject of control characters", { claims: { sub: "a\nb" } }],
    ["with a subject that is no text", { claims: { sub: 5 } }],
  ])("%s is invalid", (_what, options) => {
    expect(codeOf(mint(options))).toBe("TOKEN_INVALID");
  });

  it("has expired once its expiry and the allowed clock skew have passed", () => {
    expect(codeOf(mint({ claims: { exp: now - 59 } }))).toBeUndefined();
    expect(codeOf(mint({ claims: { exp: now - 60 } }))).toBe("TOKEN_EXPIRED");
    expect(codeOf(mint({ claims: { exp: now } }), { ...RULES, clockSkewSeconds: 0 })).toBe(
      "TOKEN_EXPIRED",
    );
  });

  it("is valid when the backend's clock is a little ahead", () => {
    expect(codeOf(mint({ claims: { nbf: now + 60, iat: now + 60 } }))).toBeUndefined();
  });

  it("is invalid without a signature, however the header spells `none`", () => {
    const payload = mint().split(".")[1]!;
    for (const alg of ["none", "None", "NONE", ""]) {
      const header = base64Url(JSON.stringify({ alg }));
      expect(codeOf(`${header}.${payload}.`)).toBe("TOKEN_INVALID");
      expect(codeOf(`${header}.${payload}.${mint().split(".")[2]!}`)).toBe("TOKEN_INVALID");
      expect(codeOf(mint({ header: { alg } }))).toBe("TOKEN_INVALID");
    }
    expect(codeOf(mint().split(".").slice(0, 2).join("."))).toBe("TOKEN_INVALID");
  });

  it("is invalid when the public key was used as an HMAC secret", () => {
    const header = base64Url(JSON.stringify({ alg: "HS256", typ: "JWT" }));
    const input = `${header}.${mint().split(".")[1]!}`;
    const secret = Buffer.from(RULES.keys[0]!, "base64url");
    const signature = createHmac("sha256", secret).update(input).digest("base64url");
    expect(codeOf(`${input}.${signature}`)).toBe("TOKEN_INVALID");
  });

  it("is invalid with any one character changed, added or left out", () => {
    const token = mint({ claims: { sub: "device-1" } });
    fc.assert(
      fc.property(
        fc.nat(token.length - 1),
        fc.constantFrom(..."Ab0-_.=\u0000é "),
        fc.constantFrom(0, 1),
        (at, character, cut) => {
          const other = token.slice(0, at) + character + token.slice(at + cut);
          fc.pre(other !== token);
          expect(codeOf(other)).toBe("TOKEN_INVALID");
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });

  it.each(["", ".", "..", "...", "a.b.c", "e30.e30.", "bnVsbA.bnVsbA.AA", "e30.e30.AA"])(
    "is invalid as %j",
    (text) => {
      expect(codeOf(text)).toBe("TOKEN_INVALID");
    },
  );
});
