// The table of the server optimizers: the one place that lists them.
import { fedAdagrad } from "./fedadagrad.ts";
import { fedAdam } from "./fedadam.ts";
import { fedAvg } from "./fedavg.ts";
import { fedAvgM } from "./fedavgm.ts";
import { fedYogi } from "./fedyogi.ts";
import type { ServerOptimizerDefinition } from "./server-optimizer-definition.ts";

/** Every server optimizer that a task can name. */
export const SERVER_OPTIMIZERS = [fedAvg, fedAvgM, fedAdagrad, fedAdam, fedYogi] as const;

/** How a server makes the next checkpoint of the combined update of a round. */
export type ServerOptimizerSpec = SpecOf<(typeof SERVER_OPTIMIZERS)[number]>;

type SpecOf<Definition> = Definition extends ServerOptimizerDefinition<infer Spec> ? Spec : never;

/** The names of all server optimizers. */
export const serverOptimizerNames: readonly ServerOptimizerSpec["name"][] = SERVER_OPTIMIZERS.map(
  ({ name }) => name,
);
