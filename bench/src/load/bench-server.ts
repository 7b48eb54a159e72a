import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { AdminClient } from "@tributary/cli";
import { TributaryError } from "@tributary/protocol";
import type { BenchTarget } from "./wire-client.ts";

/** The published command, which is what operators run. */
const MAIN = fileURLToPath(
  new URL("dist/main.js", import.meta.resolve("@tributary/cli/package.json")),
);

/** A real server, started with `tributary serve` in a process and a data folder of its own. */
export interface BenchServer {
  readonly target: BenchTarget;
  readonly admin: AdminClient;
  /** Whether the process has ended although `stop` was not called. */
  readonly hasCrashed: boolean;
  /** Resident memory of the process, MiB: what it is now, and the most that it has been. */
  memoryMiB(): Promise<{ readonly now: number; readonly peak: number }>;
  /** The value of one of the server's metrics, summed over all of its labels. */
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

/**
 * @param more - Further arguments of `serve`.
 * @throws TributaryError `CONFIG_INVALID` when the server does not start.
 */
export async function startBenchServer(more: readonly string[] = []): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), "tributary-bench-"));
  const args = ["serve", "--port", "0", "--admin-port", "0", "--data-dir", folder, ...more];
  const child = spawn(process.execPath, [MAIN, ...args, "--log-level", "error", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, DATABASE_URL: undefined, TRIBUTARY_ADMIN_TOKEN: undefined },
  });
  const exited = once(child, "exit");
  const line = await Promise.race([
    once(createInterface(child.stdout), "line").then(([text]) => String(text)),
    exited.then(() => undefined),
  ]);
  if (line === undefined) {
    await rm(folder, { recursive: true, force: true });
    throw new TributaryError("CONFIG_INVALID", "The benchmark's server did not start", {
      remedy: "Its own message above says why.",
    });
  }
  const { url, adminUrl, serverKey, certPath } = JSON.parse(line) as {
    url: string;
    adminUrl: string;
    serverKey: string;
    /** Missing where connections have no TLS. */
    certPath?: string;
  };
  const admin = new AdminClient({ url: adminUrl });
  let peakMiB = 0;
  const metric = async (name: string): Promise<number> => {
    const text = new TextDecoder().decode(await admin.bytes("/metrics"));
    return text
      .split("\n")
      .filter((sample) => sample.startsWith(`${name} `) || sample.startsWith(`${name}{`))
      .reduce((sum, sample) => sum + Number(sample.slice(sample.lastIndexOf(" "))), 0);
  };
  return {
    target: { url, serverKey, certificate: certPath ? await readFile(certPath, "utf8") : "" },
    admin,
    get hasCrashed() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    metric,
    async memoryMiB() {
      const status = await readFile(`/proc/${child.pid}/status`, "utf8").catch(() => "");
      const kiB = (name: string): number =>
        Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN);
      if (status !== "") return { now: kiB("VmRSS") / 1_024, peak: kiB("VmHWM") / 1_024 };
      // Without /proc the peak is the highest value that a caller has seen so far.
      const now = (await metric("process_resident_memory_bytes")) / 2 ** 20;
      peakMiB = Math.max(peakMiB, now);
      return { now, peak: peakMiB };
    },
    async stop() {
      // The server is of no use any more, so that it need not end in good order.
      child.kill("SIGKILL");
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
