import type { Plugin, PreviewServer, ViteDevServer } from "vite";

// Where the admin API of a server on this machine listens, unless the environment names another
// address.
const ADMIN_URL = "http://127.0.0.1:8080";

/**
 * Makes Vite print a link to the page in which the address and key of the Tributary server on this
 * machine are filled in. They come from the server's admin API. `TRIBUTARY_ADMIN_URL` names another
 * server, and `TRIBUTARY_ADMIN_TOKEN` its token.
 */
export function printJoinLink(): Plugin {
  const whenListening = (server: ViteDevServer | PreviewServer): void => {
    if (server.config.logLevel === "silent") return;
    server.httpServer?.once("listening", () => {
      // Vite fills in `resolvedUrls` after the server has begun to listen.
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

/** The line to print: the link, or what to do without a server. */
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
    return `No Tributary server answers at ${admin}. Start one, or fill in the page's form by hand.`;
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
