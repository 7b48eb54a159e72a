import { describe, expect, it } from "vitest";
import { TributaryError, deviceIdOf, type DeviceProof } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import type { EnrolmentPolicy } from "../src/storage/access-store.ts";
import { RULES, mintToken, type TokenOptions } from "./enrolment-tokens.ts";
import { startGateway, type GatewayWorld, type WireClient } from "./gateway-world.ts";

const crypto = createNodeCryptoProvider();
const SEED = new Uint8Array(32).fill(1);
const OTHER_SEED = new Uint8Array(32).fill(2);
const DEVICE = deviceIdOf(crypto, crypto.ed25519PublicKey(SEED));

interface Shown {
  readonly token?: string;
  readonly device?: DeviceProof;
}

const proof = (client: WireClient, seed: Uint8Array = SEED, population = "writers"): DeviceProof =>
  client.proofOf(seed, population);

async function worldWith(policy: EnrolmentPolicy): Promise<GatewayWorld> {
  const world = await startGateway();
  await world.startTask();
  await world.enrolment.setPolicy("writers", policy);
  return world;
}
const mint = (world: GatewayWorld, options: Omit<TokenOptions, "nowMs"> = {}): string =>
  mintToken({ nowMs: world.clock.now(), ...options });

async function refusal(world: GatewayWorld, shown: (client: WireClient) => Shown): Promise<string> {
  const client = await world.greet();
  client.checkIn("writers", shown(client));
  const { code, retryAfterMs } = await client.expect("rejection");
  expect(retryAfterMs).toBeGreaterThan(0);
  // The session stays open, since the client may check in again with other credentials.
  await client.roundTrip();
  return code;
}

describe("a population with the token policy", () => {
  it("admits every client that shows a valid token", async () => {
    const world = await worldWith({ enrolment: "token", token: RULES });
    const client = await world.greet();
    client.checkIn("writers", { token: mint(world) });
    await client.expect("checkInAccepted");
  });

  it("rejects a missing token, and one that is expired, unsigned, or of another audience or key", async () => {
    const world = await worldWith({ enrolment: "token", token: RULES });
    const past = world.clock.now() / 1_000 - 61;
    const unsigned = `${mint(world, { header: { alg: "none" } })
      .split(".")
      .slice(0, 2)
      .join(".")}.`;
    expect(await refusal(world, () => ({}))).toBe("ENROLMENT_REQUIRED");
    for (const [token, code] of [
      [mint(world, { claims: { exp: past } }), "TOKEN_EXPIRED"],
      [mint(world, { aud: "keyboard" }), "TOKEN_INVALID"],
      [mint(world, { seed: OTHER_SEED }), "TOKEN_INVALID"],
      [unsigned, "TOKEN_INVALID"],
      ["x".repeat(4_096), "TOKEN_INVALID"],
    ] as const) {
      expect(await refusal(world, () => ({ token }))).toBe(code);
    }
    expect(world.failures).toEqual([]);
  });

  it("closes the session of a client whose token is longer than a token may be", async () => {
    const world = await worldWith({ enrolment: "token", token: RULES });
    const client = await world.greet();
    client.checkIn("writers", { token: "x".repeat(4_097) });
    expect(await client.closed).toBe(4400);
  });

  it("rejects a revoked subject, even with a valid token", async () => {
    const world = await worldWith({ enrolment: "token", token: RULES });
    const token = mint(world, { claims: { sub: "phone-1" } });
    const client = await world.greet();
    client.checkIn("writers", { token });
    await client.expect("checkInAccepted");
    expect(await world.storage.access.revokeDevice("writers", "phone-1", 1)).toBe(true);
    expect(await refusal(world, () => ({ token }))).toBe("DEVICE_REVOKED");
    const other = mint(world, { claims: { sub: "phone-2" } });
    const stranger = await world.greet();
    stranger.checkIn("writers", { token: other });
    await stranger.expect("checkInAccepted");
  });
});

describe("a population with the device policy", () => {
  it("registers a device with a token once, and then knows it by its key", async () => {
    const world = await worldWith({ enrolment: "device", token: RULES });
    expect(await refusal(world, () => ({}))).toBe("ENROLMENT_REQUIRED");
    expect(await refusal(world, (client) => ({ device: proof(client) }))).toBe(
      "ENROLMENT_REQUIRED",
    );
    const token = mint(world, { claims: { sub: DEVICE } });
    const first = await world.greet();
    first.checkIn("writers", { device: proof(first), token });
    await first.expect("checkInAccepted");
    const second = await world.greet();
    second.checkIn("writers", { device: proof(second) });
    await second.expect("checkInAccepted");
    const [device, ...others] = await world.storage.access.devices("writers", 10);
    expect(others).toEqual([]);
    expect(device).toMatchObject({ id: DEVICE, registeredAtMs: world.clock.now() });
  });

  it.each([1, 3])(
    "lets a token without a subject vouch for %i devices",
    async (devicesPerToken) => {
      const world = await worldWith({ enrolment: "device", token: { ...RULES, devicesPerToken } });
      const token = mint(world);
      const device = (seed: number) => (client: WireClient) => ({
        device: proof(client, new Uint8Array(32).fill(seed)),
        token,
      });
      for (let seed = 1; seed <= devicesPerToken; seed++) {
        const client = await world.greet();
        client.checkIn("writers", device(seed)(client));
        await client.expect("checkInAccepted");
      }
      expect(await refusal(world, device(9))).toBe("TOKEN_INVALID");
      // A device that is registered goes on with its key, and may show the token again.
      for (const shown of [
        device(1),
        (client: WireClient) => ({ device: device(1)(client).device }),
      ]) {
        const client = await world.greet();
        client.checkIn("writers", shown(client));
        await client.expect("checkInAccepted");
      }
      expect(await world.storage.access.deviceCount("writers")).toBe(devicesPerToken);
    },
  );

  it("admits devices that registered themselves only with a token once it names an issuer", async () => {
    const world = await worldWith({ enrolment: "device" });
    for (const seed of [SEED, OTHER_SEED]) {
      const client = await world.greet();
      client.checkIn("writers", { device: proof(client, seed) });
      await client.expect("checkInAccepted");
    }
    await world.enrolment.setPolicy("writers", { enrolment: "device", token: RULES });
    const device = (client: WireClient): Shown => ({ device: proof(client) });
    expect(await refusal(world, device)).toBe("ENROLMENT_REQUIRED");
    expect(await world.storage.access.deviceCount("writers", null)).toBe(2);
    const token = mint(world, { claims: { sub: DEVICE } });
    for (const shown of [(client: WireClient) => ({ ...device(client), token }), device]) {
      const client = await world.greet();
      client.checkIn("writers", shown(client));
      await client.expect("checkInAccepted");
    }
    expect(await world.storage.access.deviceCount("writers", null)).toBe(1);
    expect(await refusal(world, (client) => ({ device: proof(client, OTHER_SEED) }))).toBe(
      "ENROLMENT_REQUIRED",
    );
  });

  it("registers no device with a token that is for another device or has expired", async () => {
    const world = await worldWith({ enrolment: "device", token: RULES });
    const others = mint(world, { claims: { sub: DEVICE } });
    const device = (client: WireClient): DeviceProof => proof(client, OTHER_SEED);
    expect(await refusal(world, (client) => ({ device: device(client), token: others }))).toBe(
      "TOKEN_INVALID",
    );
    const expired = mint(world, { claims: { exp: 1 } });
    expect(await refusal(world, (client) => ({ device: device(client), token: expired }))).toBe(
      "TOKEN_EXPIRED",
    );
    expect(await world.storage.access.devices("writers", 10)).toEqual([]);
  });

  it("lets any device register itself when the policy has no token rules", async () => {
    const world = await worldWith({ enrolment: "device" });
    const client = await world.greet();
    client.checkIn("writers", { device: proof(client) });
    await client.expect("checkInAccepted");
    expect(await world.storage.access.device("writers", DEVICE)).toBeDefined();
  });

  it("admits a bounded number of devices that register themselves, and admits them again", async () => {
    const world = await startGateway({ limits: { maxSelfRegisteredDevices: 2 } });
    await world.startTask();
    await world.enrolment.setPolicy("writers", { enrolment: "device" });
    const keyed =
      (seed: number) =>
      (client: WireClient): Shown => ({ device: proof(client, new Uint8Array(32).fill(seed)) });
    const accepted = async (seed: number): Promise<void> => {
      const client = await world.greet();
      client.checkIn("writers", keyed(seed)(client));
      await client.expect("checkInAccepted");
    };
    // All devices come at once, so that those which are being added have to count too.
    const clients = await Promise.all([1, 2, 3, 4].map(() => world.greet()));
    for (const [index, client] of clients.entries()) {
      client.checkIn("writers", keyed(index + 1)(client));
    }
    const answers = await Promise.all(clients.map((client) => client.next()));
    const codes = answers.map((one) => ("code" in one ? one.code : "accepted")).toSorted();
    expect(codes).toEqual(["POPULATION_FULL", "POPULATION_FULL", "accepted", "accepted"]);
    expect(await world.storage.access.deviceCount("writers")).toBe(2);
    const { access } = world.storage;
    for (const seed of [1, 2, 3, 4]) {
      const id = deviceIdOf(crypto, crypto.ed25519PublicKey(new Uint8Array(32).fill(seed)));
      if ((await access.device("writers", id)) !== undefined) await accepted(seed);
      else expect(await refusal(world, keyed(seed))).toBe("POPULATION_FULL");
    }

    // Devices that register with a token are not counted against the bound.
    await world.enrolment.setPolicy("writers", { enrolment: "device", token: RULES });
    const token = mint(world);
    const client = await world.greet();
    client.checkIn("writers", { ...keyed(5)(client), token });
    await client.expect("checkInAccepted");
    await world.enrolment.setPolicy("writers", { enrolment: "device" });
    expect(await refusal(world, keyed(6))).toBe("POPULATION_FULL");
  });

  it("counts its devices again after the store was unavailable", async () => {
    const world = await startGateway({ limits: { maxSelfRegisteredDevices: 1 } });
    await world.startTask();
    await world.enrolment.setPolicy("writers", { enrolment: "device" });
    const { access } = world.storage;
    const { deviceCount, addDevice } = access;
    access.deviceCount = () => Promise.reject(new Error("away"));
    expect(await refusal(world, (client) => ({ device: proof(client) }))).toBe("INTERNAL");
    access.deviceCount = deviceCount;
    access.addDevice = () => Promise.reject(new Error("away"));
    expect(await refusal(world, (client) => ({ device: proof(client) }))).toBe("INTERNAL");
    access.addDevice = addDevice;
    const client = await world.greet();
    client.checkIn("writers", { device: proof(client) });
    await client.expect("checkInAccepted");
    expect(await refusal(world, (one) => ({ device: proof(one, OTHER_SEED) }))).toBe(
      "POPULATION_FULL",
    );
  });

  it("rejects a revoked device, also when it shows a new token", async () => {
    const world = await worldWith({ enrolment: "device", token: RULES });
    const token = mint(world);
    const client = await world.greet();
    client.checkIn("writers", { device: proof(client), token });
    await client.expect("checkInAccepted");
    await world.storage.access.revokeDevice("writers", DEVICE, 1);
    expect(await refusal(world, (one) => ({ device: proof(one), token }))).toBe("DEVICE_REVOKED");
  });
});

describe("a device's proof", () => {
  it("is valid only for its own session, key and population", async () => {
    for (const policy of [
      { enrolment: "device" },
      { enrolment: "open" },
    ] satisfies EnrolmentPolicy[]) {
      const world = await worldWith(policy);
      const victim = await world.greet();
      const wrongs: ((attacker: WireClient) => DeviceProof)[] = [
        () => proof(victim), // replayed from another session
        (attacker) => ({ ...proof(attacker, OTHER_SEED), publicKey: proof(victim).publicKey }),
        (attacker) => proof(attacker, SEED, "keyboard"),
        (attacker) => ({ ...proof(attacker), signature: new Uint8Array(64) }),
        (attacker) => ({ ...proof(attacker), publicKey: new Uint8Array(32) }),
      ];
      for (const wrong of wrongs) {
        const attacker = await world.greet();
        attacker.checkIn("writers", { device: wrong(attacker) });
        expect(await attacker.expect("failure")).toMatchObject({ code: "DEVICE_PROOF_INVALID" });
        expect(await attacker.closed).toBe(4403);
      }
      expect(world.failures).toEqual(wrongs.map(() => "DEVICE_PROOF_INVALID"));
      expect(await world.storage.access.devices("writers", 10)).toEqual([]);
      victim.checkIn("writers", { device: proof(victim) });
      await victim.expect("checkInAccepted");
    }
  });
});

describe("a request for the model", () => {
  /** Returns the gateway's answer: `modelOffer`, or the code of the refusal. */
  async function answer(
    world: GatewayWorld,
    shown: (client: WireClient) => Shown = () => ({}),
  ): Promise<string> {
    const client = await world.greet();
    client.requestModel("writers", shown(client));
    const received = await client.next();
    if ("kind" in received) throw new Error("A chunk came first");
    if (received.type === "modelOffer") await client.chunks(2);
    // The session stays open, whatever the answer.
    await client.roundTrip();
    return received.type === "failure" ? received.code : received.type;
  }

  it("is refused in an open population whose task does not make the model public", async () => {
    const world = await worldWith({ enrolment: "open" });
    expect(await answer(world)).toBe("MODEL_NOT_PUBLIC");
    // Anyone can make a key, so that one proves nothing here.
    expect(await answer(world, (client) => ({ device: proof(client) }))).toBe("MODEL_NOT_PUBLIC");
  });

  it("is met for every client of an open population with a public model, except for revoked devices", async () => {
    const world = await startGateway();
    await world.startTask({ publicModel: true });
    expect(await answer(world)).toBe("modelOffer");
    await world.enrolment.setPolicy("writers", { enrolment: "device" });
    expect(await answer(world, (client) => ({ device: proof(client) }))).toBe("modelOffer");
    await world.storage.access.revokeDevice("writers", DEVICE, 1);
    await world.enrolment.setPolicy("writers", { enrolment: "open" });
    expect(await answer(world, (client) => ({ device: proof(client) }))).toBe("DEVICE_REVOKED");
    expect(await answer(world)).toBe("modelOffer");
  });

  it("needs a valid token when check-ins do", async () => {
    const world = await worldWith({ enrolment: "token", token: RULES });
    expect(await answer(world)).toBe("ENROLMENT_REQUIRED");
    expect(await answer(world, () => ({ token: mint(world, { seed: OTHER_SEED }) }))).toBe(
      "TOKEN_INVALID",
    );
    const past = world.clock.now() / 1_000 - 61;
    expect(await answer(world, () => ({ token: mint(world, { claims: { exp: past } }) }))).toBe(
      "TOKEN_EXPIRED",
    );
    expect(await answer(world, () => ({ token: mint(world) }))).toBe("modelOffer");
  });

  it("needs a registered device when check-ins do, or a token to register one with", async () => {
    const world = await worldWith({ enrolment: "device", token: RULES });
    const device = (client: WireClient): Shown => ({ device: proof(client) });
    expect(await answer(world)).toBe("ENROLMENT_REQUIRED");
    expect(await answer(world, device)).toBe("ENROLMENT_REQUIRED");
    const token = mint(world);
    expect(await answer(world, (client) => ({ ...device(client), token }))).toBe("modelOffer");
    expect(await answer(world, device)).toBe("modelOffer");
    await world.storage.access.revokeDevice("writers", DEVICE, 1);
    expect(await answer(world, device)).toBe("DEVICE_REVOKED");
  });

  it("with another session's proof ends the session", async () => {
    const world = await worldWith({ enrolment: "open" });
    const [victim, attacker] = [await world.greet(), await world.greet()];
    attacker.requestModel("writers", { device: proof(victim) });
    expect(await attacker.expect("failure")).toMatchObject({ code: "DEVICE_PROOF_INVALID" });
    expect(await attacker.closed).toBe(4403);
  });

  it("counts against the share of its device", async () => {
    const world = await startGateway({ limits: { requestBurstPerDevice: 1 } });
    await world.startTask({ publicModel: true });
    expect(await answer(world, (client) => ({ device: proof(client) }))).toBe("modelOffer");
    const client = await world.greet();
    client.requestModel("writers", { device: proof(client) });
    expect(await client.expect("failure")).toMatchObject({ code: "RATE_LIMITED" });
    expect(await client.closed).toBe(4430);
  });

  it("is dropped when the client goes before the answer", async () => {
    const { world, asked, answer: finish } = await slowWorld();
    const client = await world.greet();
    client.requestModel("writers", { device: proof(client) });
    await asked;
    await client.close();
    finish();
    await (await world.greet()).roundTrip();
    expect(world.failures).toEqual([]);
  });
});

/** Makes a store that answers when the test says so. */
async function slowWorld(): Promise<{
  world: GatewayWorld;
  asked: Promise<void>;
  answer(): void;
}> {
  const world = await worldWith({ enrolment: "device" });
  const { access } = world.storage;
  const find = access.device.bind(access);
  let answer = (): void => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  const asked = new Promise<void>((resolve) => {
    access.device = async (population, id) => {
      resolve();
      await held;
      return find(population, id);
    };
  });
  return { world, asked, answer: () => answer() };
}

describe("while a check-in is looked up", () => {
  it("every other message is unexpected", async () => {
    for (const again of ["checkIn", "modelRequest"] as const) {
      const { world, asked, answer } = await slowWorld();
      const client = await world.greet();
      client.checkIn("writers", { device: proof(client) });
      await asked;
      if (again === "checkIn") client.checkIn("writers", { device: proof(client) });
      else client.send({ type: "modelRequest", population: "writers", heldArtifacts: [] });
      expect(await client.closed).toBe(4409);
      answer();
      await world.greet();
      expect(world.failures).toEqual(["UNEXPECTED_MESSAGE"]);
    }
  });

  it("a client that leaves is not taken into the pool", async () => {
    const { world, asked, answer } = await slowWorld();
    const task = (await world.storage.rounds.tasks())[0]!;
    const client = await world.greet();
    client.checkIn("writers", { device: proof(client) });
    await asked;
    await client.close();
    answer();
    const other = await world.greet();
    other.checkIn("writers", { device: proof(other, OTHER_SEED) });
    await other.expect("checkInAccepted");
    expect((await world.coordinator.progress(task)).waitingClients).toBe(1);
  });

  it("a client is told when to come back if the store cannot be reached", async () => {
    const world = await worldWith({ enrolment: "device" });
    world.storage.access.device = () =>
      Promise.reject(new TributaryError("STORAGE_UNAVAILABLE", "password=hunter2"));
    const waits = new Set<number>();
    for (let asked = 0; asked < 3; asked++) {
      const client = await world.greet();
      client.checkIn("writers", { device: proof(client) });
      const rejection = await client.expect("rejection");
      expect(rejection).toMatchObject({ code: "STORAGE_UNAVAILABLE" });
      expect(rejection.message).not.toContain("hunter2");
      expect(rejection.retryAfterMs).toBeGreaterThanOrEqual(5_000);
      expect(rejection.retryAfterMs).toBeLessThanOrEqual(30_000);
      waits.add(rejection.retryAfterMs);
    }
    // They do not all come back at the same moment.
    expect(waits.size).toBe(3);
  });
});
