import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import type { OtherBrowser } from "./other-browser.ts";

const PATIENCE_MS = 90_000;
const LOOK_EVERY_MS = 100;

/** Starts the WebKit that vitest.config.ts has found, driven by WebDriver, on a screen in memory. */
export async function launchWebKit(): Promise<OtherBrowser> {
  const [driver, browser, screen] = ["WEBKIT_DRIVER", "WEBKIT_BROWSER", "DISPLAY_SERVER"].map(
    (name) => {
      const path = process.env[name];
      if (path !== undefined && path !== "") return path;
      throw new Error("There is no WebKit: `node infra/bootstrap.mjs --test` installs it.");
    },
  ) as [string, string, string];
  const programs: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const program of programs.reverse()) {
      if (program.exitCode === null && program.kill()) await once(program, "exit");
    }
  };
  try {
    const display = await startScreen(screen, programs);
    const port = await freePort();
    const env = { ...process.env, DISPLAY: `:${display}`, WEBKIT_DISABLE_COMPOSITING_MODE: "1" };
    programs.push(spawn(driver, [`--port=${port}`], { env, stdio: "ignore" }));
    const session = await startSession(`http://127.0.0.1:${port}`, browser);
    return {
      async textOf(url, isWhole) {
        await session.post("/url", { url });
        const text = (): Promise<string> =>
          session.post("/execute/sync", {
            script: "return document.body ? document.body.textContent : ''",
            args: [],
          }) as Promise<string>;
        const until = Date.now() + PATIENCE_MS;
        for (;;) {
          const now = await text();
          if (isWhole.test(now)) return now;
          if (Date.now() > until) throw new Error(`The page still says: ${now}`);
          await wait(LOOK_EVERY_MS);
        }
      },
      async close() {
        await session.end();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a screen in memory. @returns Its number, which it chooses itself. */
async function startScreen(path: string, programs: ChildProcess[]): Promise<string> {
  const program = spawn(path, ["-displayfd", "1", "-screen", "0", "1280x800x24"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  programs.push(program);
  const [number] = (await once(createInterface(program.stdout), "line")) as [string];
  return number;
}

/** A port that nobody listens on, for a program that cannot choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

interface Session {
  post(path: string, body: object): Promise<unknown>;
  end(): Promise<void>;
}

/** Opens a session of WebDriver as soon as the driver listens. */
async function startSession(driver: string, binary: string): Promise<Session> {
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${driver}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { value } = (await response.json()) as { value: unknown };
    if (!response.ok) throw new Error(`WebDriver: ${JSON.stringify(value)}`);
    return value;
  };
  for (const until = Date.now() + PATIENCE_MS; ; await wait(LOOK_EVERY_MS)) {
    const isUp = await call("GET", "/status").then(
      () => true,
      () => false,
    );
    if (isUp) break;
    if (Date.now() > until) throw new Error("The driver of WebKit does not listen");
  }
  const { sessionId } = (await call("POST", "/session", {
    capabilities: {
      alwaysMatch: { "webkitgtk:browserOptions": { binary, args: ["--automation"] } },
    },
  })) as { sessionId: string };
  return {
    post: (path, body) => call("POST", `/session/${sessionId}${path}`, body),
    end: async () => void (await call("DELETE", `/session/${sessionId}`)),
  };
}
