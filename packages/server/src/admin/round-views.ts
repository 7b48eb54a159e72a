import type { RoundId, TaskId } from "@tributary/protocol";
import type { RoundInFlight } from "../coordinator/round/round-in-flight.ts";
import type { AdminDeps } from "./admin-deps.ts";
import type { RoundInFlightView } from "./admin-schemas.ts";

type ViewDeps = Pick<AdminDeps, "coordinator">;

/** The round of a task that is in flight, as the API shows it; null without one. */
export function inFlightOf(task: TaskId, deps: ViewDeps): RoundInFlightView | null {
  return viewOf(({ taskId }) => taskId === task, deps);
}

/** A round by its id while it is in flight; null when it is not. */
export function roundInFlight(round: RoundId, deps: ViewDeps): RoundInFlightView | null {
  return viewOf(({ id }) => id === round, deps);
}

function viewOf(
  is: (round: RoundInFlight) => boolean,
  { coordinator }: ViewDeps,
): RoundInFlightView | null {
  const round = coordinator.roundsInFlight.find(is);
  return round === undefined ? null : { ...round, unusable: round.unusable() };
}
