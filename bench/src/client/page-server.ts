import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A page on loopback. */
export interface ServedPage {
  /** Ends with a slash. */
  readonly url: string;
  close(): Promise<void>;
}

const SDK = join(dirname(fileURLToPath(import.meta.resolve("@tributary/client-sdk"))), "browser");
const TFJS = join(
  dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs/package.json")),
  "dist/tf.fesm.min.js",
);

const PAGE = `<!doctype html>
<meta charset="utf-8" />
<link rel="icon" href="data:," />
<script type="importmap">
  { "imports": {
    "@tributary/client-sdk": "/sdk/tributary.js",
    "@tensorflow/tfjs": "/tfjs.js"
  } }
</script>
<script type="module" src="/page.js"></script>`;

/** Serves the measured page and the SDK as it is published for pages without a bundler. */
export async function servePage(): Promise<ServedPage> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://page");
    const send = (type: string, body: string | Uint8Array): void =>
      void response.writeHead(200, { "content-type": type }).end(body);
    if (pathname === "/") {
      send("text/html", PAGE);
      return;
    }
    readFile(fileOf(pathname)).then(
      (text) => send("text/javascript", text),
      () => void response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function fileOf(pathname: string): string {
  if (pathname === "/page.js") return fileURLToPath(new URL("measured-page.js", import.meta.url));
  if (pathname === "/tfjs.js") return TFJS;
  return join(SDK, pathname.slice(pathname.lastIndexOf("/") + 1));
}
