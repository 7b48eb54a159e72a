// The program that Hermes runs: what the entry for React Native has, bundled as a phone gets it.
// oxlint-disable-next-line import/no-unassigned-import -- It changes the engine.
import "./prelude.mjs";
import { createTrainer } from "@tributary/client-sdk";
import { createKernels } from "@tributary/protocol";
import { createNobleProvider } from "@tributary/protocol/crypto-noble";
import { hashes } from "./hashes.mjs";

const randomBytes = (/** @type {number} */ length) => new Uint8Array(length);

async function main() {
  const [kernels, trainer] = await Promise.all([createKernels(), createTrainer()]);
  return hashes({ crypto: createNobleProvider({ randomBytes }), kernels, trainer });
}

main().then(
  (result) => print(JSON.stringify(result)),
  (error) => print(`${error.stack}`),
);
