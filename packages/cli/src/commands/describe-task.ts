import type { ServerOptimizerSpec, TaskDefinition } from "@tributary/protocol";
import type { TaskSummaryView, TaskView } from "@tributary/server";
import { describeInFlight, mainReasons } from "./describe-round.ts";
import { metricsText } from "../terminal/metrics-text.ts";

/** The state of a task and, if it does not get on or was paused by the server, the error's code. */
export function stateText({ state, pauseReason, progress: { problem } }: TaskSummaryView): string {
  const code = problem?.code ?? pauseReason;
  return code === null ? state : `${state}: ${code}`;
}

/** Describes a task to a person: its state, its round in flight, and how its last round ended. */
export function describeTask(view: TaskView): string {
  const { best, definition, inFlight, lastRound, pauseReason, endReason } = view;
  const { committedRounds, waitingClients, problem } = view.progress;
  return [
    `task        ${view.id}`,
    `name        ${view.name}`,
    `population  ${view.population} (${waitingClients} clients are waiting)`,
    `state       ${view.state}${endReason === null ? "" : `: ${endReason}`}`,
    ...(pauseReason === null
      ? []
      : [`paused      because all clients have refused the task: ${pauseReason}`]),
    ...(problem === null ? [] : [`problem     ${problem.code}: ${problem.message}`]),
    ...(definition === null ? [] : conditionsText(definition)),
    `rounds      ${committedRounds} committed`,
    ...(lastRound === null ? [] : describeLast(lastRound)),
    ...(inFlight === null ? [] : describeInFlight(inFlight)),
    ...(best === null
      ? []
      : [`best        round ${best.roundNumber}, ${metricsText({ [best.measure]: best.value })}`]),
    ...(definition === null ? [] : [`server step ${serverStepText(definition.serverOptimizer)}`]),
    `plan        ${view.planId}`,
    ...view.warnings.map((warning) => `warning     ${warning}`),
  ].join("\n");
}

/** The conditions that the task asks of devices, as they stand in its file. */
function conditionsText({ eligibility }: TaskDefinition): string[] {
  const { minimumExamples: _, unknown, ...every } = eligibility;
  const asked = Object.entries(every).flatMap(([name, value]) => {
    if (value === null || value === false) return [];
    if (value === true) return [name];
    return [`${name} ${typeof value === "object" ? `${value.from}–${value.to}` : value}`];
  });
  return asked.length === 0
    ? []
    : [`conditions  ${asked.join(", ")}; unknown counts as ${unknown}`];
}

/** The server optimizer with its parameters. */
function serverStepText({ name, ...parameters }: ServerOptimizerSpec): string {
  const values = Object.entries(parameters).map(([key, value]) => `${key} ${value}`);
  return `${name}: ${values.join(", ")}`;
}

/** How the last round ended, and why members of a failed one sent no report. */
function describeLast(round: NonNullable<TaskView["lastRound"]>): string[] {
  const { number, outcome, reason, attempts } = round;
  const times = attempts === 1 ? "" : `, ${attempts} times`;
  const reasons = outcome === "abandoned" ? mainReasons(round) : "";
  return [
    `last        round ${number}, ${outcome}${reason === null ? "" : `: ${reason}`}${times}`,
    ...(reasons === "" ? [] : [`            ${reasons}`]),
  ];
}
