import { updateCodec } from "@tributary/protocol";
import type { ExampleTable } from "../examples/example-table.ts";
import { countTable } from "../examples/count-table.ts";
import { tableContract } from "../examples/table-contract.ts";
import type { VerifiedModel } from "../trust/verified-model.ts";
import { modelUpdate } from "./model-update.ts";
import {
  encodeUpdate,
  reportedMeasures,
  type PreparedReport,
  type TrainingDeps,
} from "./prepared-report.ts";

/**
 * Counts the columns of a table, for the report of a statistics task: an update to the means that
 * the checkpoint has, with a loss of 0.
 * @param request - The verified model, whose plan says what is counted and which is not modified;
 *   and the table.
 * @throws TributaryError `EXAMPLES_INVALID` when the table does not fit the plan's contract;
 *   `UPDATE_OUT_OF_RANGE`.
 */
export async function prepareStatistics(
  deps: TrainingDeps,
  {
    model,
    table,
    bins,
    roundNumber,
  }: {
    readonly model: VerifiedModel;
    readonly table: ExampleTable;
    readonly bins: number;
    readonly roundNumber: number;
  },
): Promise<PreparedReport> {
  const { plan, parts } = model.plan;
  const { weights } = model.checkpoint;
  const means = await countTable(table, tableContract(plan.examples!), bins, weights);
  const update = modelUpdate(means, weights, parts.updated);
  const coins = deps.random.derive(`${plan.task} round ${roundNumber} encode`);
  const codec = updateCodec(plan.update, await deps.kernels());
  const encoded = encodeUpdate({ ...deps, codec }, model.plan, update, coins);
  const measures = reportedMeasures({ metrics: { loss: 0 } }, plan);
  return { exampleCount: table.rows.length, ...measures, ...encoded };
}
