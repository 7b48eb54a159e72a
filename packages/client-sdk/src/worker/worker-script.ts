// The script of the Worker in which a client works. `infra/bundle-browser.mjs` makes one file of it,
// `dist/browser/worker.js`, so that every bundler and every browser can start it as it is.
import { webPageEndpoint } from "@tributary/protocol/worker-port";
import { workerPlatform } from "../platform/worker.ts";
import { serveCore } from "./serve-core.ts";

serveCore(webPageEndpoint(), workerPlatform);
