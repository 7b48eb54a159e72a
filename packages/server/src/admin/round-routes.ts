import * as z from "zod";
import { TributaryError, roundId, taskId } from "@tributary/protocol";
import { shownRound, shownRounds } from "../coordinator/round/shown-rounds.ts";
import type { AdminDeps } from "./admin-deps.ts";
import {
  roundInFlightSchema,
  roundListQuery,
  roundListSchema,
  roundParams,
  roundSchema,
  taskParams,
} from "./admin-schemas.ts";
import { roundInFlight } from "./round-views.ts";
import { jsonRoute, type Route } from "./route.ts";
import { requireTask } from "./task-routes.ts";

/** Routes that read rounds: those that have ended, and those in flight. */
export function roundRoutes(
  deps: Pick<AdminDeps, "store" | "minimumCohort" | "coordinator" | "clock">,
): readonly Route[] {
  return [
    jsonRoute({
      method: "get",
      path: "/v1/tasks/{id}/rounds",
      operation: "listRounds",
      summary: "Lists the newest rounds of a task that have ended, including abandoned ones.",
      params: taskParams,
      query: roundListQuery,
      answer: { description: "The rounds, newest last.", schema: roundListSchema },
      errors: ["TASK_UNKNOWN"],
      async handle({ params, query }) {
        const task = await requireTask(deps.store, taskId(params.id));
        const rounds = (await shownRounds(task.id, deps)).slice(-query.limit);
        return { json: { rounds } };
      },
    }),
    jsonRoute({
      method: "get",
      path: "/v1/rounds/{id}",
      operation: "getRound",
      summary: "Returns one round, which has ended or is in flight.",
      params: roundParams,
      answer: { description: "The round.", schema: z.union([roundSchema, roundInFlightSchema]) },
      errors: ["ROUND_UNKNOWN"],
      async handle({ params }) {
        const id = roundId(params.id);
        const round = roundInFlight(id, deps) ?? (await shownRound(id, deps));
        if (round !== undefined) return { json: round };
        throw new TributaryError("ROUND_UNKNOWN", `There is no round ${params.id}`, {
          remedy: "`tributary round list` names the rounds.",
          context: { round: params.id },
        });
      },
    }),
  ];
}
