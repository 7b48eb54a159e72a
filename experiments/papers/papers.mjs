import { accuracyAgainstBytes } from "./accuracy-against-bytes.mjs";
import { fedbuff } from "./fedbuff.mjs";
import { fedproxStragglers } from "./fedprox-stragglers.mjs";
import { mcmahan2nn } from "./mcmahan-2nn.mjs";
import { mcmahanCnn } from "./mcmahan-cnn.mjs";
import { robustRules } from "./robust-rules.mjs";
import { scaffoldSimilarity } from "./scaffold-similarity.mjs";
import { serverOptimizers } from "./server-optimizers.mjs";
import { shakespeareLstm } from "./shakespeare-lstm.mjs";

/** All papers, in the order of the page. */
export const papers = [
  mcmahan2nn,
  mcmahanCnn,
  shakespeareLstm,
  serverOptimizers,
  fedproxStragglers,
  scaffoldSimilarity,
  fedbuff,
  robustRules,
  accuracyAgainstBytes,
];
