// The table of all algorithms. The compiler compares it with those that an experiment can name.
import type { Algorithm } from "./algorithm.ts";
import type { AlgorithmOptions, OptionsOf } from "./algorithm-options.ts";
import { fedBuff } from "./fedbuff.ts";
import { fedDyn } from "./feddyn.ts";
import { fedNova } from "./fednova.ts";
import { fineTuning } from "./fine-tuning.ts";
import { ifca } from "./ifca.ts";
import { algorithmOfModule } from "./module.ts";
import { qFedAvg } from "./qfedavg.ts";
import { scaffold } from "./scaffold.ts";

type Factory<Options> = (options: Options) => Algorithm | Promise<Algorithm>;

const FACTORIES: {
  readonly [Name in AlgorithmOptions["name"]]: Factory<OptionsOf<Name>>;
} = {
  fedavg: () => ({}),
  fednova: fedNova,
  scaffold,
  qfedavg: qFedAvg,
  feddyn: fedDyn,
  fedbuff: fedBuff,
  ifca,
  "fine-tuning": fineTuning,
  module: algorithmOfModule,
};

/** Makes the algorithm that an experiment names; federated averaging where it names none. */
export async function loadAlgorithm(
  options: AlgorithmOptions = { name: "fedavg" },
): Promise<Algorithm> {
  const make = FACTORIES[options.name] as Factory<AlgorithmOptions>;
  return make(options);
}
