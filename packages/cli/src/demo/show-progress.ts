import type { TaskDefinition } from "@tributary/protocol";
import { formatBytes, formatSeconds, type Output } from "../terminal/output.ts";
import type { DemoObserver, Metrics } from "./demo-observer.ts";
import { errorsInLabelUnit } from "./label-unit.ts";

/** Width of the progress bar, in characters. */
const BAR_WIDTH = 24;

/**
 * Shows a demo in a terminal: a heading, one line for each round, and a progress bar for the round
 * that is open.
 */
export function showProgress(output: Output): DemoObserver {
  let definition: TaskDefinition;
  return {
    started({ server, task, data, threads, seed }) {
      ({ definition } = task);
      output.say(
        [
          `Tributary demo: ${data.clients.length} clients in ${threads} threads train on ${data.name}, scored on ${data.test.count} held-out examples`,
          `gateway    ${server.url}`,
          `admin API  ${server.adminUrl}/v1/tasks/${task.id}`,
          `seed       ${seed}`,
          ...aboutScores(task.definition),
          ...(data.notes ?? []).map((note) => `data       ${note}`),
          "",
          `round  cohort  ${isOfErrors(definition) ? "     MAE" : "accuracy"}    loss   up/client  down/client   elapsed`,
        ].join("\n"),
      );
    },
    report(roundNumber, accepted, cohort) {
      const done = Math.round((BAR_WIDTH * accepted) / Math.max(1, cohort));
      const bar = "█".repeat(done) + "░".repeat(BAR_WIDTH - done);
      output.redraw(`${String(roundNumber).padStart(5)}  ${bar} ${accepted}/${cohort} reports`);
    },
    abandoned(round) {
      output.say(`${String(round.number).padStart(5)}  abandoned (${round.reason}), tried again`);
    },
    round(round, metrics, elapsedMs) {
      const perReport = (bytes: number): string => formatBytes(bytes / Math.max(1, round.reported));
      output.say(
        [
          String(round.number).padStart(5),
          `${round.reported}/${round.selected}`.padStart(7),
          scoreText(metrics, definition).padStart(9),
          (metrics["loss"] ?? Number.NaN).toFixed(4).padStart(7),
          perReport(round.bytesUp).padStart(11),
          perReport(round.bytesDown).padStart(12),
          formatSeconds(elapsedMs).padStart(9),
        ].join(" "),
      );
    },
  };
}

/** A line of the heading about what the demo cannot score, if there is such a thing. */
export function aboutScores({ plan }: TaskDefinition): readonly string[] {
  if (plan.batchNormalization !== "local") return [];
  return ["scores     of the checkpoint alone, without the batch normalisation of each client"];
}

/** Whether a task's models are judged by how far they are off, and not by how often they are right. */
const isOfErrors = ({ plan }: TaskDefinition): boolean =>
  !plan.metrics.includes("accuracy") && plan.metrics.includes("meanAbsoluteError");

/** The accuracy, or the mean absolute error in the label's unit. */
function scoreText(metrics: Metrics, definition: TaskDefinition): string {
  const { accuracy } = metrics;
  if (accuracy !== undefined) return `${(100 * accuracy).toFixed(2)} %`;
  return errorsInLabelUnit(metrics, definition).meanAbsolute?.toPrecision(4) ?? "–";
}
