import { expect, it } from "vitest";
import { utf8 } from "@tributary/protocol";
import { crypto, type HostileClient } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

const BACKEND = new Uint8Array(32).fill(7);
const STRANGER = new Uint8Array(32).fill(8);
const text = (data: Uint8Array | string): string => Buffer.from(data).toString("base64url");

interface TokenParts {
  readonly alg?: string;
  readonly audience?: string;
  readonly expiresInSeconds?: number;
  readonly seed?: Uint8Array;
}

/** A token that the app's backend would sign, or one that differs from it in `parts`. */
function tokenOf(parts: TokenParts = {}): string {
  const { alg = "EdDSA", audience = "members", expiresInSeconds = 600, seed = BACKEND } = parts;
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: "https://app.example", aud: audience, iat: now - 3_600 };
  const input = [
    { alg, typ: "JWT" },
    { ...claims, exp: now + expiresInSeconds },
  ].map((part) => text(JSON.stringify(part)));
  const signed = input.join(".");
  return `${signed}.${text(crypto.ed25519Sign(seed, utf8(signed)))}`;
}

async function withTokenPolicy(): Promise<{
  readonly world: Awaited<ReturnType<typeof openWorld>>;
  readonly client: HostileClient;
}> {
  const world = await openWorld();
  await world.startTask("members", { goalCount: 99 });
  const answer = await fetch(new URL("/v1/populations/members", world.server.adminUrl), {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      enrolment: "token",
      token: {
        issuer: "https://app.example",
        keys: [text(crypto.ed25519PublicKey(BACKEND))],
        clockSkewSeconds: 60,
      },
    }),
  });
  expect(answer.status).toBe(200);
  return { world, client: await world.greet() };
}

it.each<[string, string | undefined, string]>([
  ["no token", undefined, "ENROLMENT_REQUIRED"],
  ["a token that has expired", tokenOf({ expiresInSeconds: -61 }), "TOKEN_EXPIRED"],
  ["a token for another audience", tokenOf({ audience: "others" }), "TOKEN_INVALID"],
  ["a token that someone else has signed", tokenOf({ seed: STRANGER }), "TOKEN_INVALID"],
  ["a token whose header says that it has no signature", tokenOf({ alg: "none" }), "TOKEN_INVALID"],
  ["an unsigned token", `${tokenOf().split(".").slice(0, 2).join(".")}.`, "TOKEN_INVALID"],
  ["a token that consists of dots", ".".repeat(1_000), "TOKEN_INVALID"],
])("a client with %s is rejected, and the honest clients go on", async (_name, token, code) => {
  const { world, client } = await withTokenPolicy();
  client.checkIn("members", token === undefined ? {} : { token });
  expect((await client.expect("rejection")).code).toBe(code);
  // The same client is admitted with a valid token.
  client.checkIn("members", { token: tokenOf() });
  await client.expect("checkInAccepted");
  await world.honestRounds(1);
});
