import { PROTOCOL_CONSTANTS } from "../protocol-constants.ts";
import { isStatisticsTask, type TaskDefinition } from "./task-definition.ts";

/** Each rule for statistics tasks: the key, what it must be, and what to do otherwise. */
const RULES: readonly (readonly [
  path: readonly string[],
  holds: (task: TaskDefinition) => boolean,
  remedy: string,
])[] = [
  [
    ["examples"],
    ({ examples }) => examples !== null && examples.type !== "text",
    "Say which columns of a table there are to count.",
  ],
  [
    ["plan", "metrics"],
    ({ plan }) => plan.metrics.length === 0,
    "Use [], since nothing is learned.",
  ],
  [["plan", "trainable"], ({ plan }) => plan.trainable === "all", "Use all."],
  [
    ["plan", "clipNorm"],
    ({ plan }) => plan.clipNorm === null,
    "Use null, since counts are not clipped.",
  ],
  [
    ["plan", "update", "codec"],
    ({ plan }) => plan.update.codec === "float32",
    "Use float32, which keeps all digits.",
  ],
  [
    ["plan", "download", "encoding"],
    ({ plan }) => plan.download.encoding === "float32",
    "Use float32, which keeps all digits.",
  ],
  [["aggregation", "rule"], ({ aggregation }) => aggregation.rule === "mean", "Use mean."],
  [
    ["weighting"],
    ({ weighting }) => weighting === "examples",
    "Use examples, so that each row counts once.",
  ],
  [
    ["maximumExamples"],
    ({ maximumExamples }) => maximumExamples === PROTOCOL_CONSTANTS.maxExampleCount,
    `Use ${PROTOCOL_CONSTANTS.maxExampleCount}, so that each row counts once.`,
  ],
  [
    ["serverOptimizer", "name"],
    ({ serverOptimizer }) => serverOptimizer.name === "fedavg",
    "Use fedavg: the statistics are those of the last round.",
  ],
  [
    ["serverOptimizer", "learningRate"],
    ({ serverOptimizer }) => serverOptimizer.learningRate === 1,
    "Use 1: the statistics are those of the last round.",
  ],
];

/**
 * Says what would make the result of a statistics task another one than the statistics of all rows.
 * @returns The first fault; undefined if there is none, and for other tasks.
 */
export function statisticsFault(
  task: TaskDefinition,
): { readonly path: readonly string[]; readonly remedy: string } | undefined {
  if (!isStatisticsTask(task)) return undefined;
  const broken = RULES.find(([, holds]) => !holds(task));
  return broken === undefined ? undefined : { path: broken[0], remedy: broken[2] };
}
