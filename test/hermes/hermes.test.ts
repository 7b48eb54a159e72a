import { fileURLToPath } from "node:url";
import { createFusedTrainer } from "@tributary/client-sdk";
import { createKernels } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { expect, test } from "vitest";
import { hashesOnHermes } from "../../infra/hermes.mjs";
import { hashes } from "./hashes.mjs";

test("a phone's engine computes the channel, the codecs and the training of Node, to the bit", async () => {
  const [onHermes, kernels, trainer] = await Promise.all([
    hashesOnHermes(fileURLToPath(new URL("../..", import.meta.url))),
    createKernels(),
    createFusedTrainer(),
  ]);
  // Node computes with its own cryptography and with WebAssembly, and Hermes has neither.
  expect([kernels.name, trainer.backend]).toEqual(["wasm", "wasm"]);
  const inNode = await hashes({ crypto: createNodeCryptoProvider(), kernels, trainer });
  expect(onHermes).toEqual(inNode);
  expect(Object.keys(inNode)).toContain("weights");
});
