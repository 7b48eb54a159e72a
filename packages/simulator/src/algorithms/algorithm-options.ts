import * as z from "zod";
import { strictRecord } from "@tributary/protocol/schemas";
import { fedBuffOptions } from "./fedbuff.ts";
import { fedDynOptions } from "./feddyn.ts";
import { fedNovaOptions } from "./fednova.ts";
import { fineTuningOptions } from "./fine-tuning.ts";
import { ifcaOptions } from "./ifca.ts";
import { nameKey } from "../options/option-keys.ts";
import { moduleOptions } from "./module.ts";
import { qFedAvgOptions } from "./qfedavg.ts";
import { scaffoldOptions } from "./scaffold.ts";

const fedAvgOptions = strictRecord({
  name: nameKey(
    "fedavg",
    "Federated averaging, and all that the task can say by itself: FedSGD, FedProx, server optimizers and robust rules.",
  ),
});

const OPTIONS = [
  fedAvgOptions,
  fedNovaOptions,
  scaffoldOptions,
  qFedAvgOptions,
  fedDynOptions,
  fedBuffOptions,
  ifcaOptions,
  fineTuningOptions,
  moduleOptions,
] as const;

/** The schema of the section `algorithm` of an experiment: a name, and what else it needs. */
export const algorithmOptions = z.discriminatedUnion("name", OPTIONS, {
  error: `Use one of ${OPTIONS.map(({ shape }) => shape.name.value).join(", ")}.`,
});

/** How clients and server learn, with all defaults filled in. */
export type AlgorithmOptions = z.output<typeof algorithmOptions>;

/** How clients and server learn, as an experiment file says it. */
export type AlgorithmInput = z.input<typeof algorithmOptions>;

/** The options of one algorithm. */
export type OptionsOf<Name extends AlgorithmOptions["name"]> = Extract<
  AlgorithmOptions,
  { readonly name: Name }
>;
