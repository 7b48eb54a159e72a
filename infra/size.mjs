// `npm run --silent size`: prints how much a page loads of the client SDK, in kB of 1,000 bytes, and
// fails when that is more than it may be.
import { fileURLToPath } from "node:url";
import { bundleSizes, isWithinBudget, sizeTable } from "./bundle-sizes.mjs";

const sizes = await bundleSizes(fileURLToPath(new URL("..", import.meta.url)));
process.stdout.write(sizeTable(sizes));
process.exitCode = sizes.every(isWithinBudget) ? 0 : 1;
