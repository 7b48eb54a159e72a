/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** A table of HTML; the first column names the rows. */
export function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: "td" | "th", row: readonly string[]): string =>
    row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("");
  return [
    `<div class="wide"><table><thead><tr>${cells("th", head)}</tr></thead><tbody>`,
    ...rows.map((row) => `<tr>${cells("td", row)}</tr>`),
    "</tbody></table></div>",
  ].join("\n");
}

/** A page that needs no file and no request besides itself. @param body - HTML. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
body { margin: 2rem auto; padding: 0 1rem; max-width: 78rem; font: 16px/1.5 system-ui, sans-serif; color: #1b1f24; background: #fff; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem; }
th, td { padding: 0.35rem 0.8rem; border-bottom: 1px solid #d8dee4; text-align: right; white-space: nowrap; }
th { white-space: normal; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; white-space: normal; }
figure { margin: 1rem 0; overflow-x: auto; }
/* Narrower, the text of a chart could not be read: it is scrolled instead. */
figure svg { max-width: max(100%, 36rem); height: auto; background: #fff; }
figcaption { color: #57606a; font-size: 0.9rem; }
pre { background: #f6f8fa; padding: 1rem; overflow-x: auto; font-size: 0.85rem; }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117; }
  th, td { border-color: #30363d; } figcaption { color: #9198a1; } pre { background: #161b22; }
}
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${body}
</body>
</html>
`;
}

/** A picture with its caption. @param svg - An SVG document. */
export function htmlFigure(title: string, caption: string, svg: string): string {
  return `<h2>${escapeHtml(title)}</h2>
<figure>${svg}<figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}
