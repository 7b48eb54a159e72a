import type { TrainerOptions } from "@tributary/client-sdk";
import { localAdders, type ModelTerms } from "@tributary/core";
import {
  gatherRanges,
  seededRandom,
  type CryptoProvider,
  type TaskDefinition,
  type ValueRange,
} from "@tributary/protocol";
import type { AlgorithmOptions } from "./algorithm-options.ts";
import { requireNoConflict } from "./conflicts.ts";
import { loadAlgorithm } from "./load-algorithm.ts";
import { ServerPart } from "./server-part.ts";

/** What the server's part of a run begins with. */
interface BeginningTerms {
  readonly task: TaskDefinition;
  readonly model: { readonly values: Float32Array };
  readonly seed: number;
  readonly clients: number;
  readonly trainer: TrainerOptions;
  readonly algorithm?: AlgorithmOptions;
}

/**
 * Begins the server's part of an algorithm.
 * @throws TributaryError `CONFIG_INVALID` when the algorithm cannot work with the task.
 */
export async function openServerPart(
  { task, model, seed, clients, trainer, algorithm: options }: BeginningTerms,
  terms: ModelTerms,
  crypto: CryptoProvider,
): Promise<ServerPart> {
  const algorithm = await loadAlgorithm(options);
  const { engine = "auto" } = trainer;
  requireNoConflict(options?.name ?? "fedavg", algorithm, { task, engine });
  const kept = algorithm.begin?.({
    parameters: gatherRanges(model.values, terms.parts.updated),
    tensors: tensorsOf(terms),
    random: seededRandom(crypto, seed).derive("algorithm"),
  });
  return new ServerPart({ algorithm, clients, openAdder: localAdders(crypto), kept: kept ?? {} });
}

/** Where the parameters of one kernel, one bias and so on lie in an update. */
function tensorsOf({ layout, parts }: ModelTerms): readonly ValueRange[] {
  let start = 0;
  return parts.updated.flatMap((range) => {
    const first = start;
    start += range.length;
    return layout.parameters
      .filter(({ offset }) => offset >= range.offset && offset < range.offset + range.length)
      .map(({ offset, size }) => ({ offset: first + offset - range.offset, length: size }));
  });
}
