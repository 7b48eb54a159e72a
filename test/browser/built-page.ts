import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, preview, type InlineConfig } from "vite";

/** A page as its users build it, served on loopback. */
export interface BuiltPage {
  /** Ends with a slash. */
  readonly url: string;
  close(): Promise<void>;
}

/** Builds a page into a temporary folder and serves it. */
export async function servePage(page: InlineConfig): Promise<BuiltPage> {
  const outDir = await mkdtemp(join(tmpdir(), "built-page-"));
  const config: InlineConfig = {
    ...page,
    logLevel: "silent",
    build: { ...page.build, outDir, emptyOutDir: true },
    preview: { host: "127.0.0.1", port: 0 },
  };
  await build(config);
  const server = await preview(config);
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
