// The table of all server optimizers. The compiler compares it with those that a task can name: it
// reports one that is missing here, and one here that no task can name.
import type { ServerOptimizerSpec } from "@tributary/protocol";
import { fedAdagrad } from "./fedadagrad.ts";
import { fedAdam } from "./fedadam.ts";
import { fedAvg } from "./fedavg.ts";
import { fedAvgM } from "./fedavgm.ts";
import { fedYogi } from "./fedyogi.ts";
import type { ServerOptimizer, SpecOf } from "./server-optimizer.ts";

type Factory<Spec> = (spec: Spec) => ServerOptimizer;

const FACTORIES: {
  readonly [Name in ServerOptimizerSpec["name"]]: Factory<SpecOf<Name>>;
} = {
  fedavg: fedAvg,
  fedavgm: fedAvgM,
  fedadagrad: fedAdagrad,
  fedadam: fedAdam,
  fedyogi: fedYogi,
};

/** Makes the server optimizer that a task names. It holds no state: rounds may share it. */
export function serverOptimizer(spec: ServerOptimizerSpec): ServerOptimizer {
  const make = FACTORIES[spec.name] as Factory<ServerOptimizerSpec>;
  return make(spec);
}
