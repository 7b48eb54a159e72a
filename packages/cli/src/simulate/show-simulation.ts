import type { Clock } from "@tributary/client-sdk";
import { measureOf } from "@tributary/protocol";
import {
  describeChoice,
  shownMeasure,
  type ExperimentPlan,
  type RunFacts,
  type SimulatedRound,
} from "@tributary/simulator";
import { formatSeconds, type Output } from "../terminal/output.ts";

/** Width of the progress bar, in characters. */
const BAR_WIDTH = 24;

/** Is told how a simulation goes, to show it to a person. */
export interface ShownSimulation {
  begin(run: RunFacts, rounds: readonly SimulatedRound[]): void;
  round(run: RunFacts, round: SimulatedRound): void;
}

/** Shows a line for each run, and a bar with round, score and time left for the run under way. */
export function showSimulation(
  output: Output,
  plan: ExperimentPlan,
  clock: Clock,
): ShownSimulation {
  let startedMs = 0;
  let before = 0;
  let score = "";
  return {
    begin(run, rounds) {
      const { index, seed } = run;
      const { data, terms } = run.open;
      const examples = data.train.count.toLocaleString("en");
      if (index === 0) {
        output.say(
          `${plan.name}: ${terms.clients} clients train on ${examples} examples of ${data.name}, scored on ${data.test.count} held-out examples`,
        );
      }
      const parts = [`run ${index + 1} of ${plan.runs.length}`, `seed ${seed}`];
      const choice = describeChoice(run);
      if (choice !== "") parts.push(choice);
      if (rounds.length > 0) parts.push(`goes on after round ${rounds.at(-1)!.number}`);
      output.say(parts.join("  "));
      startedMs = clock.elapsedMs();
      before = rounds.at(-1)?.number ?? 0;
      score = "";
    },
    round({ experiment }, round) {
      const { task } = experiment;
      const measure = measureOf(task);
      const value = round.score?.[measure];
      if (value !== undefined) score = `${measure} ${shownMeasure(measure, value)}`;
      if (round.outcome === "abandoned") {
        output.say(`round ${round.number} abandoned (${round.reason}), tried again`);
      }
      const { rounds } = task.stop;
      const done = round.number / rounds;
      const bar = "█".repeat(Math.round(BAR_WIDTH * done)).padEnd(BAR_WIDTH, "░");
      const perRound = (clock.elapsedMs() - startedMs) / Math.max(1, round.number - before);
      const left = formatSeconds(perRound * (rounds - round.number));
      output.redraw(`${bar} round ${round.number} of ${rounds}  ${score}  at most ${left} left`);
    },
  };
}
