import { fingerprints } from "./fingerprints.ts";

self.postMessage(await fingerprints("wasm"));
