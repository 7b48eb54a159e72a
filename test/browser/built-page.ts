import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";

const EXAMPLE = fileURLToPath(new URL("../../examples/browser-digits", import.meta.url));

/** The example's page as its users build it, served on loopback. */
export interface BuiltPage {
  /** Ends with a slash. */
  readonly url: string;
  close(): Promise<void>;
}

/** Builds the page with its own vite.config.ts into a temporary folder and serves it. */
export async function servePage(): Promise<BuiltPage> {
  const outDir = await mkdtemp(join(tmpdir(), "browser-digits-"));
  const config = {
    root: EXAMPLE,
    logLevel: "silent",
    build: { outDir, emptyOutDir: true },
  } as const;
  await build(config);
  const server = await preview({ ...config, preview: { host: "127.0.0.1", port: 0 } });
  const [url] = server.resolvedUrls?.local ?? [];
  if (url === undefined) throw new Error("Vite says no address");
  return {
    url,
    async close() {
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}
