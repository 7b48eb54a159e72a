import { once } from "node:events";
import { Agent, createServer, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocketServer } from "ws";
import { connectWithWs } from "../src/platform/ws-socket.ts";
import { SocketListener, socketRequest } from "../src/testing/index.ts";

/** How a proxy answers a request for a connection: it lets it through, refuses it, or says nothing. */
type Manner = "tunnel" | "refuse" | "silence";

interface TestProxy {
  readonly address: string;
  /** The hosts to which connections were asked for, with their ports. */
  readonly asked: readonly string[];
  /** The user and the password of the last request, if there were any. */
  readonly authorization: string | undefined;
  /** Resolves when a client has given up its connection to the proxy. */
  readonly abandoned: Promise<void>;
}

const portOf = (server: Server | WebSocketServer): number => (server.address() as AddressInfo).port;

const stops: (() => void)[] = [];

async function startProxy(manner: Manner): Promise<TestProxy> {
  const asked: string[] = [];
  let authorization: string | undefined;
  let abandon = (): void => {};
  const abandoned = new Promise<void>((resolve) => (abandon = resolve));
  const server = createServer();
  server.on("connect", (request, client: Socket) => {
    client.on("error", abandon).on("end", abandon);
    asked.push(request.url ?? "");
    authorization = request.headers["proxy-authorization"];
    if (manner === "silence") return void client.resume();
    if (manner === "refuse") {
      return void client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    }
    const [host = "", port = ""] = (request.url ?? "").split(":");
    const target = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.pipe(client).pipe(target);
    });
    target.on("error", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stops.push(() => server.close());
  return {
    address: `127.0.0.1:${portOf(server)}`,
    asked,
    abandoned,
    get authorization() {
      return authorization;
    },
  };
}

/** Connects to a server of its own. */
async function connected(agent?: Agent): Promise<{ url: string; listener: SocketListener }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const url = `ws://127.0.0.1:${portOf(server)}`;
  const listener = new SocketListener();
  const socket = connectWithWs(socketRequest(url, { agent }), listener.events);
  stops.push(() => {
    socket.close(1000, "");
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return { url, listener };
}

const isOpen = (listener: SocketListener): Promise<void> => listener.until((it) => it.isOpen);

describe("a client behind a proxy", () => {
  beforeEach(() => {
    for (const name of ["HTTP_PROXY", "ALL_PROXY", "NO_PROXY"]) {
      vi.stubEnv(name, "");
      vi.stubEnv(name.toLowerCase(), "");
    }
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    for (const stop of stops.splice(0)) stop();
  });

  it.each(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])(
    "goes through the proxy that %s names",
    async (name) => {
      const proxy = await startProxy("tunnel");
      vi.stubEnv(name, `http://${proxy.address}`);
      const { url, listener } = await connected();
      await isOpen(listener);
      expect(proxy.asked).toEqual([url.slice("ws://".length)]);
    },
  );

  it("takes an address without a protocol for that of an HTTP proxy", async () => {
    const proxy = await startProxy("tunnel");
    vi.stubEnv("ALL_PROXY", proxy.address);
    await isOpen((await connected()).listener);
    expect(proxy.asked.length).toBe(1);
  });

  it.each(["127.0.0.1", "example.org, 127.0.0.1", "*"])(
    "goes directly to a server that NO_PROXY=%s names",
    async (hosts) => {
      const proxy = await startProxy("refuse");
      vi.stubEnv("HTTP_PROXY", `http://${proxy.address}`);
      vi.stubEnv("no_proxy", hosts);
      await isOpen((await connected()).listener);
      expect(proxy.asked).toEqual([]);
    },
  );

  it("shows the proxy the user and the password of its address", async () => {
    const proxy = await startProxy("tunnel");
    vi.stubEnv("HTTP_PROXY", `http://ann:s%40crt@${proxy.address}`);
    await isOpen((await connected()).listener);
    expect(proxy.authorization).toBe(`Basic ${Buffer.from("ann:s@crt").toString("base64")}`);
  });

  it("goes through the agent that the app gives, and not through the environment's proxy", async () => {
    const proxy = await startProxy("refuse");
    vi.stubEnv("HTTP_PROXY", `http://${proxy.address}`);
    const agent = new Agent();
    const requests = vi.spyOn(agent, "createConnection" as never);
    await isOpen((await connected(agent)).listener);
    expect(requests).toHaveBeenCalledOnce();
    expect(proxy.asked).toEqual([]);
  });

  it("says that the proxy refused, and does not show its password", async () => {
    const proxy = await startProxy("refuse");
    vi.stubEnv("HTTP_PROXY", `http://ann:secret@${proxy.address}`);
    const end = await (await connected()).listener.end();
    expect(end?.error).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(end?.error?.message).toContain(`through the proxy http://${proxy.address}: `);
    expect(end?.error?.message).toContain("407");
    expect(end?.error?.remedy).toMatch(/NO_PROXY/);
    expect(String(end?.error)).not.toContain("secret");
  });

  it("says that the proxy does not run", async () => {
    vi.stubEnv("HTTP_PROXY", "http://127.0.0.1:1");
    const end = await (await connected()).listener.end();
    expect(end?.error?.message).toContain("through the proxy http://127.0.0.1:1: ");
    expect(end?.error?.remedy).toMatch(/Check the proxy's address/);
  });

  it.each(["socks5://127.0.0.1:1080", "http://", "not an address"])(
    "refuses the proxy %s with the way to go on",
    async (address) => {
      vi.stubEnv("ALL_PROXY", address);
      const end = await (await connected()).listener.end();
      expect(end?.error).toMatchObject({ code: "BAD_PARAMETER" });
      expect(end?.error?.remedy).toMatch(/HTTPS_PROXY .*agent/);
    },
  );

  it("refuses an agent that is none", async () => {
    const end = await (await connected({ destroy() {} } as Agent)).listener.end();
    expect(end?.error).toMatchObject({ code: "BAD_PARAMETER" });
    expect(end?.error?.message).toContain("agent");
  });

  it("gives up a proxy that does not answer when the connection is closed", async () => {
    const proxy = await startProxy("silence");
    vi.stubEnv("HTTP_PROXY", `http://${proxy.address}`);
    const listener = new SocketListener();
    const socket = connectWithWs(socketRequest("ws://127.0.0.1:1"), listener.events);
    await vi.waitUntil(() => proxy.asked.length === 1);
    socket.close(1000, "");
    await listener.end();
    await proxy.abandoned;
  });
});
