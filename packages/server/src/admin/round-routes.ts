import { TributaryError, roundId, taskId } from "@tributary/protocol";
import { shownRound, shownRounds } from "../coordinator/round/shown-rounds.ts";
import type { AdminDeps } from "./admin-deps.ts";
import {
  roundListQuery,
  roundListSchema,
  roundParams,
  roundSchema,
  taskParams,
} from "./admin-schemas.ts";
import { jsonRoute, type Route } from "./route.ts";
import { requireTask } from "./task-routes.ts";

/** Routes that read the rounds that have ended, whether committed or abandoned. */
export function roundRoutes(deps: Pick<AdminDeps, "store" | "minimumCohort">): readonly Route[] {
  return [
    jsonRoute({
      method: "get",
      path: "/v1/tasks/{id}/rounds",
      operation: "listRounds",
      summary: "Lists the newest rounds of a task, including abandoned ones.",
      params: taskParams,
      query: roundListQuery,
      answer: { description: "The rounds, newest last.", schema: roundListSchema },
      errors: ["TASK_UNKNOWN"],
      async handle({ params, query }) {
        const task = await requireTask(deps.store, taskId(params.id));
        return { json: { rounds: (await shownRounds(task.id, deps)).slice(-query.limit) } };
      },
    }),
    jsonRoute({
      method: "get",
      path: "/v1/rounds/{id}",
      operation: "getRound",
      summary: "Returns one round.",
      params: roundParams,
      answer: { description: "The round.", schema: roundSchema },
      errors: ["ROUND_UNKNOWN"],
      async handle({ params }) {
        const round = await shownRound(roundId(params.id), deps);
        if (round !== undefined) return { json: round };
        throw new TributaryError("ROUND_UNKNOWN", `There is no round ${params.id}`, {
          remedy: "`tributary round list` names the rounds that have ended.",
          context: { round: params.id },
        });
      },
    }),
  ];
}
