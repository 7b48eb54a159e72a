import { tryPlan } from "@tributary/client-sdk";
import {
  TributaryError,
  clauseOf,
  cryptographicRandom,
  modelLayers,
  planOf,
  requireTrainableModel,
  type TaskDefinition,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import type { InitialModel } from "@tributary/simulator/files";
import { formatTable } from "../terminal/output.ts";

/** What the engines that clients have make of a task's model. */
export interface ModelTrial {
  /** What the model is trained with: as the task file says, or as its model file does. */
  readonly training: Pick<TaskDefinition["plan"], "loss" | "optimizer">;
  readonly engines: readonly {
    readonly engine: string;
    /** Why the engine cannot train the model; null when it can. */
    readonly fault: string | null;
  }[];
  readonly layers: readonly {
    readonly name: string;
    readonly kind: string;
    /** The number of values. */
    readonly parameters: number;
    readonly trained: boolean;
    /** The engines that do not refuse the layer. */
    readonly engines: readonly string[];
  }[];
}

/**
 * Has the engines of clients build a task's model and take one step on zeros.
 * @throws TributaryError `MODEL_UNSUPPORTED` when none of them can.
 */
export async function tryModel(
  definition: TaskDefinition,
  { description, values }: InitialModel,
): Promise<ModelTrial> {
  requireTrainableModel(description);
  const plan = planOf(definition, description);
  const trials = await tryPlan(plan, values, cryptographicRandom(createNodeCryptoProvider()));
  const engines = trials.map(({ engine, fault }) => ({
    engine,
    fault: fault === undefined ? null : clauseOf(fault),
  }));
  if (trials.every(({ fault }) => fault !== undefined)) {
    const faults = engines.map(({ engine, fault }) => `${engine}: ${fault}`);
    throw new TributaryError(
      "MODEL_UNSUPPORTED",
      `No engine of a client can train the model (${faults.join("; ")})`,
      {
        remedy:
          "Change the model or the plan's loss. If the clients' app has a layer of its own, " +
          "create the task with --untried.",
      },
    );
  }
  const { trainable, loss, optimizer } = definition.plan;
  return {
    training: { loss, optimizer },
    engines,
    layers: modelLayers(description).map(({ name, kind, size }) => ({
      ...{ name, kind, parameters: size },
      trained: size > 0 && (trainable === "all" || trainable.includes(name)),
      engines: trials
        .filter(({ fault }) => fault === undefined || isOfAnotherLayer(fault, name))
        .map(({ engine }) => engine),
    })),
  };
}

/** Whether an engine refuses the model for a layer that is not this one. */
const isOfAnotherLayer = ({ context }: TributaryError, name: string): boolean =>
  context["layer"] !== undefined && context["layer"] !== name;

/** Describes a trial to a person: a table of the layers, and what trains the model. */
export function describeTrial({ training, engines, layers }: ModelTrial): string {
  const rows = layers.map(({ name, kind, parameters, trained, engines: able }) => [
    ...[name, kind, String(parameters)],
    parameters === 0 ? "" : trained ? "trained" : "frozen",
    able.join(", "),
  ]);
  return [
    formatTable(["layer", "kind", "parameters", "", "engines"], rows),
    "",
    `loss ${training.loss}, optimizer ${training.optimizer.name}`,
    ...engines.map(({ engine, fault }) =>
      fault === null ? `${engine} trains the model` : `${engine} does not: ${fault}`,
    ),
  ].join("\n");
}
