// Writes docs/vectors: `npm run vectors`. The files are committed, and tests hold the code to them.
import { writeFileSync } from "node:fs";
import { createNodeCryptoProvider } from "../../src/crypto/node-crypto.ts";
import { makePlanJsonSchema } from "./plan-json-schema.ts";
import { makeCodecVectors } from "./codec-vectors.ts";
import { makeQuantizerTables } from "./quantizer-tables.ts";
import { makeSealingVectors } from "./sealing-vectors.ts";
import { makeSignatureVectors } from "./signature-vectors.ts";
import { makeTranscript } from "./transcript-vectors.ts";
import { vectorPath } from "./vector-file.ts";

const crypto = createNodeCryptoProvider();
const files: Readonly<Record<string, object>> = {
  "normal-quantizers.json": makeQuantizerTables(),
  "plan.schema.json": makePlanJsonSchema(),
  "sealed-chunks.json": makeSealingVectors(crypto),
  "signatures.json": await makeSignatureVectors(crypto),
  "transcript.json": await makeTranscript(crypto),
  "update-codecs.json": makeCodecVectors(crypto),
};
for (const [name, vectors] of Object.entries(files)) {
  writeFileSync(vectorPath(name), `${JSON.stringify(vectors, undefined, 2)}\n`);
}
