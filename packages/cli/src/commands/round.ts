import { Command } from "commander";
import type { RoundInFlightView, RoundRecord, TaskView } from "@tributary/server";
import type { AdminClient } from "../admin/admin-client.ts";
import { connectAdmin, withAdminOptions, type AdminFlags } from "../admin/admin-options.ts";
import { newestTask } from "../admin/newest-task.ts";
import { wholeNumber } from "../terminal/options.ts";
import { createOutput } from "../terminal/output.ts";
import { classNamesOf } from "./describe-detail.ts";
import { describeInFlight, describeRound } from "./describe-round.ts";
import { listRounds } from "./list-rounds.ts";

export function roundCommand(): Command {
  const round = new Command("round").description("List and show the rounds of a server's tasks.");
  addList(round);
  addShow(round);
  return round;
}

function addList(round: Command): void {
  withAdminOptions(
    round
      .command("list")
      .description(
        "List the rounds of a task that have ended, oldest first, and the one that is in flight.",
      )
      .option(
        "--task <id>",
        "task whose rounds are listed (default: the newest task that learns a model)",
      )
      .option(
        "--limit <count>",
        "list at most this many rounds, the newest ones",
        wholeNumber(1, 1_000),
        100,
      ),
  ).action(async (flags: AdminFlags & { task?: string; limit: number }) => {
    const admin = await connectAdmin(flags);
    const task = flags.task ?? (await newestTask(admin)).id;
    const path = `/v1/tasks/${encodeURIComponent(task)}`;
    const { inFlight } = await admin.json<TaskView>(path);
    const { rounds } = await admin.json<{ rounds: RoundRecord[] }>(
      `${path}/rounds?limit=${flags.limit}`,
    );
    createOutput(flags.json === true).result(
      { task, rounds, ...(inFlight === null ? {} : { inFlight }) },
      listRounds(rounds, inFlight),
    );
  });
}

function addShow(round: Command): void {
  withAdminOptions(
    round
      .command("show")
      .argument("<id>", "id of the round, as `tributary round list` prints it")
      .description(
        "Show a round: how it ended, and what became of every client that was selected for it.",
      ),
  ).action(async (id: string, flags: AdminFlags) => {
    const admin = await connectAdmin(flags);
    const round = await admin.json<RoundRecord | RoundInFlightView>(
      `/v1/rounds/${encodeURIComponent(id)}`,
    );
    const text =
      "outcome" in round
        ? describeRound(round, await classNamesFor(round, admin))
        : describeInFlight(round).join("\n");
    createOutput(flags.json === true).result(round, text);
  });
}

/** The names of the classes that a round has figures of, if its task's data contract has them. */
async function classNamesFor(
  { taskId, metricDetail }: RoundRecord,
  admin: AdminClient,
): Promise<readonly string[] | undefined> {
  if (metricDetail.classes === undefined) return undefined;
  const { definition } = await admin.json<TaskView>(`/v1/tasks/${encodeURIComponent(taskId)}`);
  return classNamesOf(definition?.examples);
}
