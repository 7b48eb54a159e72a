import { fingerprints, type Fingerprints } from "./fingerprints.ts";

function show(id: string, found: Fingerprints): void {
  const element = document.getElementById(id);
  if (element !== null) element.textContent = JSON.stringify(found);
}

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
worker.onmessage = ({ data }: MessageEvent<Fingerprints>) => show("worker", data);
show("page", await fingerprints("wasm"));
