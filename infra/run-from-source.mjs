// `node --conditions=@tributary/source --import infra/run-from-source.mjs SCRIPT` runs the packages from
// their sources and not from what was built. A newer Node runs TypeScript by itself.
import { register } from "node:module";

if (!("typescript" in process.features)) register("./source-hooks.mjs", import.meta.url);
