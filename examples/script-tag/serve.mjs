// Serves the page and, under /tributary/, the built files of the SDK. Any web server can do it.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PAGE = fileURLToPath(new URL(".", import.meta.url));
const SDK = dirname(fileURLToPath(import.meta.resolve("@tributary/client-sdk/browser")));
const TYPES = { ".css": "text/css", ".html": "text/html", ".js": "text/javascript" };

/**
 * @param {string} path - The path of an address, which has no `..` any more.
 * @returns {string | undefined} The file that it stands for.
 */
function fileOf(path) {
  if (path === "/") return join(PAGE, "index.html");
  if (path === "/page.js" || path === "/page.css") return join(PAGE, path);
  return path.startsWith("/tributary/") ? join(SDK, path.slice("/tributary".length)) : undefined;
}

/** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
async function answer(request, response) {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  const file = fileOf(pathname);
  const type = TYPES[/** @type {keyof typeof TYPES} */ (extname(file ?? ""))];
  const isThere = file !== undefined && type !== undefined && (await stat(file).catch(() => null));
  if (!isThere) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "content-type": `${type}; charset=utf-8` });
  createReadStream(file).pipe(response);
}

const server = createServer((request, response) => void answer(request, response));
server.listen(Number(process.env["PORT"] ?? 5174), "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") return;
  console.log(`Open http://127.0.0.1:${address.port}/?url=ADDRESS&serverKey=KEY`);
});
