import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { disconnectCause } from "../src/participation/disconnect-cause.ts";
import { webFailure } from "../src/platform/web-failure.ts";

/** Listens on loopback. @returns The address, as a client is given it. */
async function listening(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

afterEach(() => vi.unstubAllGlobals());

describe("a WebSocket of a page that did not come about", () => {
  it("was refused on the way when the gateway itself answers", async () => {
    const url = await listening((_, response) => response.writeHead(426).end());
    const error = await webFailure(url);
    expect(error.message).toContain("The server answers");
    expect(disconnectCause(error, undefined)).toBe("unreachable");
  });

  it("went to a captive portal when something else answers", async () => {
    const url = await listening((request, response) => {
      if (request.url === "/") response.writeHead(302, { location: "/sign-in" }).end();
      else response.writeHead(200, { "content-type": "text/html" }).end("<form>");
    });
    const error = await webFailure(url);
    expect(disconnectCause(error, undefined)).toBe("captive-portal");
    expect(error.remedy).toContain("Sign in");
  });

  it("went to a captive portal also when pages may not read what it answers", async () => {
    const fetchAs = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(
      async (_: string, { mode }: RequestInit) => {
        if (mode === "cors") throw new TypeError("Failed to fetch");
        return Response.error();
      },
    );
    vi.stubGlobal("fetch", fetchAs);
    const error = await webFailure("wss://learn.example/");
    expect(disconnectCause(error, undefined)).toBe("captive-portal");
    expect(fetchAs.mock.calls[0]![0]).toBe("https://learn.example/");
  });

  it("reached nobody when nothing answers, and is not asked about without a network", async () => {
    const fetchNothing = vi.fn<() => Promise<Response>>(() =>
      Promise.reject(new TypeError("Failed to fetch")),
    );
    vi.stubGlobal("fetch", fetchNothing);
    const error = await webFailure("wss://learn.example/");
    expect(disconnectCause(error, { isOnline: true })).toBe("unreachable");
    expect(fetchNothing).toHaveBeenCalledTimes(2);
    vi.stubGlobal("navigator", { onLine: false });
    const offline = await webFailure("wss://learn.example/");
    expect(disconnectCause(offline, { isOnline: false })).toBe("offline");
    expect(fetchNothing).toHaveBeenCalledTimes(2);
  });
});
