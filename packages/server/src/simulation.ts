/**
 * What makes the next checkpoint of a round's reports, the very code that the server runs, for simulations that need neither
 * sockets nor a store.
 * @example
 * const aggregate = new RoundAggregate(codec, dimension, ["loss"], openAdder(spec));
 * for (const report of reports) await aggregate.fold(report);
 * const next = await fedAvgStep(weights, ranges, await aggregate.combine(rest), 1, rest);
 */
export { fedAvgStep } from "./aggregation/fedavg.ts";
export { RoundAggregate, type Report } from "./aggregation/round-aggregate.ts";
export {
  localAdders,
  type AdderSpec,
  type OpenAdder,
  type UpdateAdder,
} from "./aggregation/update-adder.ts";
export { packedStep, type PackedStep } from "./coordinator/packed-step.ts";
export type { TaskBase } from "./coordinator/task-base.ts";
