import { readdir } from "node:fs/promises";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TrustedProxies } from "../src/gateway/trusted-proxies.ts";
import { startServer } from "../src/server.ts";
import { startGateway } from "./gateway-world.ts";
import { testFolder } from "./temporary-folder.ts";

const PROXY = "127.0.0.1";

function request(peer: string, forwardedFor?: string): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: peer });
  const message = new IncomingMessage(socket);
  if (forwardedFor !== undefined) message.headers["x-forwarded-for"] = forwardedFor;
  return message;
}

describe("trusted proxies", () => {
  it("are named by an address, a network, or a word that stands for networks", () => {
    const proxies = new TrustedProxies(["192.0.2.7", "2001:db8::/48", "10.0.0.0/8", "loopback"]);
    for (const [address, isTrusted] of [
      ["192.0.2.7", true],
      ["::ffff:192.0.2.7", true],
      ["192.0.2.8", false],
      ["2001:db8:0:1::1", true],
      ["2001:db9::1", false],
      ["10.255.0.1", true],
      ["127.0.0.1", true],
      ["", false],
    ] as const) {
      expect([address, proxies.trusts(address)]).toEqual([address, isTrusted]);
    }
  });

  it.each(["proxy.example.org", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.1/x", ""])(
    "cannot be %j, and a server with this setting does not start",
    async (wrong) => {
      const folder = await testFolder();
      const options = { dataDir: folder, port: 0, adminPort: 0, trustedProxies: [wrong] };
      await expect(startServer(options)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
      expect(await readdir(folder)).toEqual([]);
    },
  );
});

describe("the client's address of a request", () => {
  const proxies = new TrustedProxies(["10.0.0.0/8", "2001:db8:ffff::/48"]);

  it.each([
    ["10.0.0.1", undefined, "10.0.0.1"],
    ["10.0.0.1", "", "10.0.0.1"],
    ["10.0.0.1", "192.0.2.7", "192.0.2.7"],
    ["10.0.0.1", "198.51.100.1, 192.0.2.7", "192.0.2.7"],
    ["10.0.0.1", "198.51.100.1,192.0.2.7 , 10.0.0.2,10.0.0.3", "192.0.2.7"],
    ["10.0.0.1", "2001:db8::7", "2001:db8::7"],
    ["2001:db8:ffff::1", "2001:db8::7, 2001:db8:ffff::2", "2001:db8::7"],
    ["::ffff:10.0.0.1", "192.0.2.7", "192.0.2.7"],
    // When all addresses are trusted, the leftmost one counts.
    ["10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    // The header of a peer that is not trusted is ignored.
    ["192.0.2.9", "198.51.100.1", "192.0.2.9"],
    ["192.0.2.9", "198.51.100.1, 10.0.0.2", "192.0.2.9"],
    // An entry that is not an address counts as its proxy's address.
    ["10.0.0.1", "garbage", "10.0.0.1"],
    ["10.0.0.1", "198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"],
    ["10.0.0.1", ",,,,", "10.0.0.1"],
    ["10.0.0.1", "192.0.2.7:4711", "10.0.0.1"],
  ])("%s that says %j is %s", (peer, forwardedFor, client) => {
    expect(proxies.clientOf(request(peer, forwardedFor))).toBe(client);
  });

  it("cannot be chosen by the client, whatever it writes into the header", () => {
    const trusted = fc.array(fc.constantFrom("10.0.0.2", "10.1.2.3"), { maxLength: 3 });
    const spoofed = fc.oneof(
      fc.string({ unit: "binary-ascii" }),
      fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), { maxLength: 1_000 }).map(String),
    );
    const client = fc.ipV4().filter((address) => !address.startsWith("10."));
    fc.assert(
      fc.property(spoofed, client, trusted, (left, address, hops) => {
        const header = [left, address, ...hops].join(", ");
        expect(proxies.clientOf(request("10.0.0.1", header))).toBe(address);
      }),
    );
  });
});

describe("a gateway behind a trusted proxy", () => {
  it("gives each client its own share of the limits, however many come through the proxy", async () => {
    const world = await startGateway({
      trustedProxies: [PROXY],
      limits: { maxConnectionsPerAddress: 1, requestBurstPerAddress: 1 },
    });
    const first = await world.greet({ forwardedFor: "192.0.2.1" });
    const second = await world.greet({ forwardedFor: "192.0.2.2" });
    await first.roundTrip();
    await second.roundTrip();
    second.send({ type: "modelRequest", population: "writers", heldArtifacts: [] });
    expect(await second.expect("failure")).toMatchObject({ code: "RATE_LIMITED" });
    expect(await second.closed).toBe(4430);
    expect(world.rateLimited).toEqual(["address"]);
  });

  it("refuses a client that has too many connections, whatever addresses it claims", async () => {
    const world = await startGateway({
      trustedProxies: [PROXY],
      limits: { maxConnectionsPerAddress: 1 },
    });
    const client = await world.greet({ forwardedFor: "192.0.2.1" });
    for (const forwardedFor of [
      "192.0.2.1",
      "198.51.100.1, 192.0.2.1",
      `${"198.51.100.1, ".repeat(300)}192.0.2.1`,
      "not an address, 192.0.2.1",
    ]) {
      await expect(world.connect({ forwardedFor })).rejects.toThrow("HTTP 429");
    }
    expect(world.cuts).toEqual(Array(4).fill("address-connections"));
    await client.close();
    await world.greet({ forwardedFor: "192.0.2.1" });
  });

  it("counts all clients without a usable address as the proxy itself", async () => {
    const world = await startGateway({
      trustedProxies: [PROXY],
      limits: { maxConnectionsPerAddress: 1 },
    });
    await world.greet();
    for (const forwardedFor of ["garbage", "more garbage", "1.2.3.4.5"]) {
      await expect(world.connect({ forwardedFor })).rejects.toThrow("HTTP 429");
    }
  });

  it("cuts a connection with a header of a thousand hops before the header is read", async () => {
    const world = await startGateway({ trustedProxies: [PROXY] });
    const forwardedFor = "198.51.100.1, ".repeat(1_000);
    await expect(world.connect({ forwardedFor })).rejects.toBeInstanceOf(Error);
    expect(world.cuts).toEqual(["bad-request"]);
  });

  it("ignores the header of every client that is not a trusted proxy", async () => {
    const world = await startGateway({
      trustedProxies: ["127.0.0.2"],
      limits: { maxConnectionsPerAddress: 1 },
    });
    await world.greet({ forwardedFor: "192.0.2.1" });
    await expect(world.connect({ forwardedFor: "192.0.2.2" })).rejects.toBeInstanceOf(Error);
    expect(world.cuts).toEqual(["address-connections"]);
  });
});
