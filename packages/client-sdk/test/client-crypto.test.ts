import { createLibsodiumProvider, encodeFrame, type ClientCrypto } from "@tributary/protocol";
import { createNobleProvider } from "@tributary/protocol/crypto-noble";
import { createWebCryptoProvider } from "@tributary/protocol/crypto-web";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createBrowserCrypto } from "../src/platform/browser-crypto.ts";
import { begin, stage } from "./support/participant.ts";
import { crypto as serverCrypto } from "./support/scripted-server.ts";

const web = await createWebCryptoProvider();
const seed = new Uint8Array(32).fill(5);

/** What a client with this cryptography reports, and which device it says it is. */
async function reportOf(crypto: ClientCrypto): Promise<{ payload: Uint8Array; device: unknown }> {
  const set = stage({ deviceKey: seed }, { createCrypto: () => Promise.resolve(crypto) });
  const { reader, connection } = await begin(set);
  const { device } = await connection.checkIn();
  const { roundId } = connection.configure(set.model, { roundNumber: 1 });
  await connection.expect("configured");
  const { payload } = await connection.takeReport(roundId);
  await reader.leave();
  return { payload, device: device?.publicKey };
}

it.each([web, createNobleProvider(), await createLibsodiumProvider()])(
  "a client with $name reports what a client with node:crypto reports",
  async (crypto) => {
    expect(await reportOf(crypto)).toEqual(await reportOf(serverCrypto));
  },
);

describe("while Web Crypto works on the handshake, the client", () => {
  const deps = { createCrypto: () => Promise.resolve(web) };

  it("takes no frame that follows the server's answer at once", async () => {
    const set = stage({}, deps);
    const reader = set.participate();
    const event = reader.until("disconnected");
    const connection = await set.server.arrival();
    await connection.shakeHands();
    connection.sendRaw(encodeFrame({ kind: "record", body: new Uint8Array(32) }));
    expect((await event).error.code).toBe("UNEXPECTED_MESSAGE");
    await reader.leave();
  });

  it("says why the connection ended, if it does", async () => {
    const set = stage({}, deps);
    const reader = set.participate();
    const event = reader.until("disconnected");
    const connection = await set.server.arrival();
    await connection.shakeHands();
    connection.socket.close(1001, "");
    expect((await event).error.code).toBe("CONNECTION_LOST");
    await reader.leave();
  });
});

describe("a browser's cryptography", () => {
  it("is Web Crypto's where it has the curves", async () => {
    expect((await createBrowserCrypto()).name).toBe("webcrypto");
  });

  it("is libsodium's on a page without TLS, where Web Crypto is not there", async () => {
    const { getRandomValues } = globalThis.crypto;
    vi.stubGlobal("crypto", { getRandomValues: getRandomValues.bind(globalThis.crypto) });
    onTestFinished(() => void vi.unstubAllGlobals());
    expect((await createBrowserCrypto()).name).toBe("libsodium");
  });
});
