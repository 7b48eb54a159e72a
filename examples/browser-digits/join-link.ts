import type { Plugin, PreviewServer, ViteDevServer } from "vite";

const ADMIN_URL = "http://127.0.0.1:8080";

/**
 * Prints the page's address with the address and key of the Tributary server of this machine filled in, as its admin
 * API tells them. `TRIBUTARY_ADMIN_URL` names another server, `TRIBUTARY_ADMIN_TOKEN` its token.
 */
export function printJoinLink(): Plugin {
  const whenListening = (server: ViteDevServer | PreviewServer): void => {
    if (server.config.logLevel === "silent") return;
    server.httpServer?.once("listening", () => {
      setTimeout(() => {
        const [page] = server.resolvedUrls?.local ?? [];
        if (page === undefined) return;
        void joinLink(page).then((text) => server.config.logger.info(`\n  ${text}\n`));
      });
    });
  };
  return {
    name: "print-join-link",
    configureServer: whenListening,
    configurePreviewServer: whenListening,
  };
}

async function joinLink(page: string): Promise<string> {
  const admin = process.env["TRIBUTARY_ADMIN_URL"] ?? ADMIN_URL;
  const token = process.env["TRIBUTARY_ADMIN_TOKEN"];
  try {
    const response = await fetch(new URL("/v1/info", admin), {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    const info: unknown = await response.json();
    if (!isServerInfo(info)) throw new Error(`it answered with status ${response.status}`);
    const query = new URLSearchParams({ url: info.gatewayUrl, serverKey: info.serverKey });
    return `Open  ${page}?${query}`;
  } catch {
    return `No Tributary server answers at ${admin}. Start one, or fill the page's form in by hand.`;
  }
}

function isServerInfo(value: unknown): value is { gatewayUrl: string; serverKey: string } {
  return (
    typeof value === "object" &&
    value !== null &&
    "gatewayUrl" in value &&
    typeof value.gatewayUrl === "string" &&
    "serverKey" in value &&
    typeof value.serverKey === "string"
  );
}
