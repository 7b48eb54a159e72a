import { describe, expect, it } from "vitest";
import {
  deviceIdOf,
  isDeviceProof,
  type ErrorCode,
  type TributaryError,
} from "@tributary/protocol";
import { memoryKeyStore, type KeyStore, type TokenRequest } from "../src/index.ts";
import { begin, stage } from "./support/participant.ts";
import { crypto, type ServerConnection } from "./support/scripted-server.ts";

const SEED = new Uint8Array(32).fill(3);
const reject = (connection: ServerConnection, code: ErrorCode, retryAfterMs = 60_000): void =>
  connection.send({ type: "rejection", code, message: "no", retryAfterMs });

describe("a client with an enrolment token", () => {
  it("shows it at check-in", async () => {
    const { connection, reader } = await begin(stage({ token: "a.b.c" }));
    expect(await connection.checkIn()).toMatchObject({ token: "a.b.c" });
    await reader.until("checked-in");
    await reader.leave();
  });

  it("calls the app's function before each check-in, and once more when the token has expired", async () => {
    const asked: Omit<TokenRequest, "signal">[] = [];
    const scene = stage({
      deviceKey: SEED,
      token: ({ population, deviceId, expired }) => {
        asked.push({ population, deviceId, expired });
        return Promise.resolve(`token-${asked.length}`);
      },
    });
    const { connection, reader } = await begin(scene);
    expect(await connection.expect("checkIn")).toMatchObject({ token: "token-1" });
    reject(connection, "TOKEN_EXPIRED");
    expect(await connection.expect("checkIn")).toMatchObject({ token: "token-2" });
    reject(connection, "TOKEN_EXPIRED");
    const rejected = await reader.until("rejected");
    expect(rejected).toMatchObject({ code: "TOKEN_EXPIRED", retryAfterMs: 60_000 });
    const deviceId = deviceIdOf(crypto, crypto.ed25519PublicKey(SEED));
    expect(asked).toEqual([
      { population: "test", deviceId, expired: false },
      { population: "test", deviceId, expired: true },
    ]);
    await reader.leave();
  });

  it("does not check in again at once when a fixed token has expired", async () => {
    const { connection, reader } = await begin(stage({ token: "a.b.c" }));
    await connection.expect("checkIn");
    reject(connection, "TOKEN_EXPIRED");
    expect(await reader.until("rejected")).toMatchObject({ code: "TOKEN_EXPIRED" });
    await reader.leave();
  });

  it("reports that the token function failed, and goes on", async () => {
    const scene = stage({ token: () => Promise.reject(new Error("backend is down")) });
    const { reader } = await begin(scene);
    const rejected = await reader.until("rejected");
    expect(rejected.code).toBe("ENROLMENT_REQUIRED");
    expect(rejected.message).toContain("backend is down");
    await reader.leave();
  });

  it.each(["ENROLMENT_REQUIRED", "TOKEN_INVALID"] as const)(
    "waits as long as the server asks after %s",
    async (code) => {
      const { connection, reader } = await begin(stage({ token: () => "x" }));
      await connection.expect("checkIn");
      reject(connection, code, 600_000);
      expect(await reader.until("rejected")).toMatchObject({ code, retryAfterMs: 600_000 });
      await reader.leave();
    },
  );

  it("reports that the token function failed to renew a token", async () => {
    const scene = stage({
      token: ({ expired }) => {
        if (expired) throw new Error("signed out");
        return "old";
      },
    });
    const { connection, reader } = await begin(scene);
    await connection.expect("checkIn");
    reject(connection, "TOKEN_EXPIRED");
    expect((await reader.until("rejected")).message).toContain("signed out");
    await reader.leave();
  });

  it("leaves at once while the token function is still running", async () => {
    const { promise: asked, resolve } = deferred<AbortSignal>();
    const scene = stage({
      token: ({ signal }) => {
        resolve(signal);
        return new Promise<string>(() => {});
      },
    });
    const { reader } = await begin(scene);
    const signal = await asked;
    await reader.leave();
    expect(signal.aborted).toBe(true);
  });
});

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

describe("a client with a device key", () => {
  it("proves its key with a new proof in each session", async () => {
    const scene = stage({ deviceKey: SEED });
    const { connection, reader } = await begin(scene);
    const { device } = await connection.expect("checkIn");
    expect(device?.publicKey).toEqual(crypto.ed25519PublicKey(SEED));
    expect(isDeviceProof(crypto, device!, connection.handshakeHash, "test")).toBe(true);
    expect(isDeviceProof(crypto, device!, connection.handshakeHash, "other")).toBe(false);
    await reader.leave();
    const next = await begin(scene);
    const { device: again } = await next.connection.expect("checkIn");
    expect(isDeviceProof(crypto, again!, next.connection.handshakeHash, "test")).toBe(true);
    expect(isDeviceProof(crypto, device!, next.connection.handshakeHash, "test")).toBe(false);
    await next.reader.leave();
  });

  it("makes a key once, and keeps it in the app's key store", async () => {
    const deviceKey = memoryKeyStore();
    const keys: Uint8Array[] = [];
    for (const scene of [stage({ deviceKey }), stage({ deviceKey })]) {
      const { connection, reader } = await begin(scene);
      keys.push((await connection.expect("checkIn")).device!.publicKey);
      await reader.leave();
    }
    expect(keys[1]).toEqual(keys[0]);
    expect(keys[0]).toEqual(crypto.ed25519PublicKey((await deviceKey.load())!));
    const other = await begin(stage({ deviceKey: memoryKeyStore() }));
    expect((await other.connection.expect("checkIn")).device!.publicKey).not.toEqual(keys[0]);
    await other.reader.leave();
  });

  it("reports that the key store failed", async () => {
    const deviceKey: KeyStore = {
      load: () => Promise.reject(new Error("storage is full")),
      save: () => Promise.resolve(),
    };
    const { reader } = await begin(stage({ deviceKey }));
    expect((await reader.until("rejected")).message).toContain("storage is full");
    await reader.leave();
  });

  it("stops when the device has been revoked, and when its proof is refused", async () => {
    for (const code of ["DEVICE_REVOKED", "DEVICE_PROOF_INVALID"] as const) {
      const { connection, reader } = await begin(stage({ deviceKey: SEED }));
      await connection.expect("checkIn");
      if (code === "DEVICE_REVOKED") reject(connection, code);
      else connection.send({ type: "failure", code, message: "no", retryAfterMs: 0 });
      await expect(reader.end()).rejects.toMatchObject({ code });
      expect(reader.types.includes("rejected")).toBe(code === "DEVICE_REVOKED");
    }
  });

  it("shows neither token nor proof when the app has set neither", async () => {
    const { connection, reader } = await begin(stage());
    const message = await connection.checkIn();
    expect(message.token).toBeUndefined();
    expect(message.device).toBeUndefined();
    await reader.leave();
  });
});

describe("credentials that cannot be valid", () => {
  it.each([
    { token: "" },
    { token: "x".repeat(4_097) },
    { deviceKey: new Uint8Array(31) },
    { deviceKey: new Uint8Array(64) },
  ])("are refused by the constructor", (options) => {
    let code: string | undefined;
    try {
      stage(options);
    } catch (error) {
      ({ code } = error as TributaryError);
    }
    expect(code).toBe("BAD_PARAMETER");
  });
});
