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
          `round  cohort  ${titleOf(definition).padStart(8)}    loss   up/client  down/client   elapsed`,
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
          scoreText(metrics, definition).padStart(Math.max(8, titleOf(definition).length) + 1),
          (metrics["loss"]?.toFixed(4) ?? "–").padStart(7),
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

/** The titles of the metrics that a line of a round can show. */
const TITLES = {
  accuracy: "accuracy",
  perplexity: "perplexity",
  meanAbsoluteError: "MAE",
} as const;

/** The title of what the lines of rounds show: the first such metric of the task. */
function titleOf({ plan }: TaskDefinition): string {
  const shown = plan.metrics.find((name): name is keyof typeof TITLES => name in TITLES);
  return TITLES[shown ?? "accuracy"];
}

/** The metric of that title; an error is in the label's unit. */
function scoreText(metrics: Metrics, definition: TaskDefinition): string {
  const { accuracy, perplexity } = metrics;
  switch (titleOf(definition)) {
    case TITLES.perplexity:
      return perplexity?.toFixed(3) ?? "–";
    case TITLES.meanAbsoluteError:
      return errorsInLabelUnit(metrics, definition).meanAbsolute?.toPrecision(4) ?? "–";
    default:
      return accuracy === undefined ? "–" : `${(100 * accuracy).toFixed(2)} %`;
  }
}
