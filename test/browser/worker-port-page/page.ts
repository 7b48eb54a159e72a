// Runs the conformance suite of the worker port with Web Workers, and shows the outcome of each case.
import { workerPortCases } from "@tributary/protocol/testing";
import { webWorkerEndpoint } from "@tributary/protocol/worker-port";

const cases = workerPortCases({
  movesMemory: true,
  open: () =>
    webWorkerEndpoint(new Worker(new URL("./worker.ts", import.meta.url), { type: "module" })),
});
const outcomes: [name: string, outcome: string][] = [];
for (const { name, run } of cases) {
  try {
    await run();
    outcomes.push([name, "conforms"]);
  } catch (error) {
    outcomes.push([name, String(error)]);
  }
}
document.body.textContent = JSON.stringify(outcomes);
