// Runs the demo and draws what it prints as an animated picture, docs/img/demo.svg. Each line appears when it was printed.
//   node bench/record-demo.mjs
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const SEED = 7;
const LINE_HEIGHT = 20;
const COLUMNS = 98;
const CHARACTER_WIDTH = 8.4;
const PADDING = 20;
const HEADER = 34;
/** How long the finished picture stands still before it begins again, seconds. */
const PAUSE = 12;

const folder = mkdtempSync(join(tmpdir(), "tributary-demo-"));
const startedAt = performance.now();
/** @type {{ text: string, at: number }[]} */
const lines = [{ text: "$ npm start", at: 0 }];
const child = spawn(
  process.execPath,
  [join(root, "packages/cli/dist/main.js"), "demo", "--seed", String(SEED), "--data-dir", folder],
  { stdio: ["ignore", "pipe", "pipe"] },
);
for (const stream of [child.stdout, child.stderr]) {
  stream.setEncoding("utf8");
  stream.on("data", (piece) => {
    const at = (performance.now() - startedAt) / 1_000;
    for (const text of piece.replace(/\n$/, "").split("\n")) {
      lines.push({ text: text.replaceAll(folder, ".tributary"), at });
    }
  });
}
const code = await new Promise((resolve) => child.on("close", resolve));
rmSync(folder, { recursive: true, force: true });
if (code !== 0) throw new Error(`the demo ended with ${code}`);

/** @param {string} text */
const escape = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const total = (lines.at(-1)?.at ?? 0) + PAUSE;
const width = Math.round(COLUMNS * CHARACTER_WIDTH + 2 * PADDING);
const height = HEADER + lines.length * LINE_HEIGHT + PADDING;
const percent = (/** @type {number} */ seconds) => ((100 * seconds) / total).toFixed(2);
const styles = lines.map(({ at }, index) =>
  at < 0.1
    ? ""
    : `@keyframes l${index}{0%,${percent(at - 0.05)}%{opacity:0}${percent(at)}%,100%{opacity:1}}#l${index}{animation:l${index} ${total.toFixed(1)}s infinite}`,
);
const rows = lines.map(({ text }, index) => {
  const y = HEADER + (index + 1) * LINE_HEIGHT - 4;
  const tone =
    text.startsWith("$") || text.startsWith("accuracy")
      ? "strong"
      : /^ +\d+ /.test(text)
        ? "row"
        : "dim";
  return `<text id="l${index}" class="${tone}" x="${PADDING}" y="${y}">${escape(text.slice(0, COLUMNS + 30))}</text>`;
});
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A run of the Tributary demo">
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}.dim{fill:#8b98a9}.row{fill:#d5dde8}.strong{fill:#7fd1ae}@media(prefers-reduced-motion:reduce){text{animation:none!important}}${styles.join("")}</style>
<rect width="${width}" height="${height}" rx="10" fill="#0f1720"/>
<circle cx="22" cy="18" r="5" fill="#3b4757"/><circle cx="40" cy="18" r="5" fill="#3b4757"/><circle cx="58" cy="18" r="5" fill="#3b4757"/>
${rows.join("\n")}
</svg>
`;
writeFileSync(join(root, "docs/img/demo.svg"), svg);
console.log(`docs/img/demo.svg: ${lines.length} lines, ${total.toFixed(0)} s`);
