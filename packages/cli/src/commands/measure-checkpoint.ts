import { detailOf, type MetricDetail } from "@tributary/core";
import { labelsOf, statedSizes, type Plan } from "@tributary/protocol";
import type { EvaluateRequest, MeasuringTrainer, TrainingMetrics } from "@tributary/client-sdk";
import { MOST_CLASSES, classNamesOf } from "./describe-detail.ts";

/** What an operator has measured of a checkpoint. */
interface Measured {
  /** The loss and the metrics of the plan. */
  readonly metrics: TrainingMetrics;
  readonly metricDetail: MetricDetail;
}

/**
 * Measures a checkpoint. Where the model tells few classes apart, the detail has the figures of each,
 * whether the plan asks for them or not: here they cost nobody anything.
 */
export async function measureCheckpoint(
  trainer: MeasuringTrainer,
  request: EvaluateRequest,
): Promise<Measured> {
  const { plan } = request;
  const wanted = plan.training.metrics;
  const { metrics, bases } = await trainer.measure({ ...request, plan: withClasses(plan) });
  const isWanted = ([name]: [string, number]): boolean =>
    name === "loss" || wanted.some((metric) => metric === name);
  return {
    metrics: Object.fromEntries(Object.entries(metrics).filter(isWanted)),
    metricDetail: detailOf(bases),
  };
}

/** The plan with a metric that needs the figures of each class, if there are a few classes. */
function withClasses(plan: Plan): Plan {
  const { training, model, examples } = plan;
  const classes = classNamesOf(examples)?.length ?? statedSizes(model.topology).outputs ?? Infinity;
  if (labelsOf(training.loss) === "numbers" || classes > MOST_CLASSES) return plan;
  return {
    ...plan,
    training: { ...training, metrics: [...new Set([...training.metrics, "f1" as const])] },
  };
}
