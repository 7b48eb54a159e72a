import { readdir, readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { TributaryError } from "@tributary/protocol";
import type { RoundStore } from "../storage/round-store.ts";

/** Where the page is. Browsers install it with everything below this path. */
const ROOT = "/join/";

/** The page as it was built; both `src` and `dist` lie beside `assets`. */
const FOLDER = fileURLToPath(new URL("../../assets/join-page/", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
};

/** The page loads nothing from elsewhere, and nobody may show it inside of another page. */
const HEADERS = {
  "content-security-policy": [
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'",
    "img-src 'self' blob:; connect-src 'self'; manifest-src 'self'",
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ].join("; "),
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  // The service worker keeps the files for use without a connection; nothing else does.
  "cache-control": "no-cache",
  // Connections of the gateway are for WebSockets. One that has asked for a file does not stay.
  connection: "close",
} as const;

/**
 * Reads the join page into memory.
 * @returns What answers the gateway's requests for it: see `GatewayOptions.answer`.
 * @throws TributaryError `CONFIG_INVALID` when the page was not built.
 */
export async function openJoinPage(
  store: Pick<RoundStore, "tasks">,
): Promise<(request: IncomingMessage, response: ServerResponse) => boolean> {
  const files = await readFiles();
  let reading: Promise<readonly RunningTask[]> | undefined;
  /** One reading of the store answers everybody who asks meanwhile. */
  const read = (): Promise<readonly RunningTask[]> =>
    (reading ??= runningTasks(store).finally(() => (reading = undefined)));
  return (request, response) => {
    const path = (request.url ?? "").split("?", 1)[0]!;
    if (request.method !== "GET" || !`${path}/`.startsWith(ROOT)) return false;
    const send = (status: number, type: string, body: string | Uint8Array): void => {
      response.writeHead(status, { ...HEADERS, "content-type": type });
      response.end(body);
    };
    if (`${path}/` === ROOT) {
      response.writeHead(308, { ...HEADERS, location: ROOT }).end();
    } else if (path === `${ROOT}tasks.json`) {
      read().then(
        (tasks) => send(200, "application/json", JSON.stringify(tasks)),
        () => send(503, "text/plain; charset=utf-8", "The server cannot read its tasks now.\n"),
      );
    } else {
      const name = path === ROOT ? "index.html" : path.slice(ROOT.length);
      const file = files.get(name);
      if (file === undefined) send(404, "text/plain; charset=utf-8", "There is no such file.\n");
      else send(200, TYPES[extname(name)] ?? "application/octet-stream", file);
    }
    return true;
  };
}

async function readFiles(): Promise<ReadonlyMap<string, Uint8Array>> {
  try {
    const names = await readdir(FOLDER);
    return new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(FOLDER + name)] as const)),
    );
  } catch (cause) {
    throw new TributaryError("CONFIG_INVALID", "The join page is not a part of this build", {
      remedy: "In a checkout, build it with `npm run build`.",
      cause,
    });
  }
}

/** What a person may choose among. */
interface RunningTask {
  readonly population: string;
  readonly name: string;
}

/** The populations of running tasks, and the tasks' names. */
async function runningTasks(store: Pick<RoundStore, "tasks">): Promise<readonly RunningTask[]> {
  const tasks = await store.tasks();
  return tasks.flatMap((task) =>
    "definition" in task && task.state === "running"
      ? [{ population: task.definition.population, name: task.definition.name }]
      : [],
  );
}
