import { Command } from "commander";
import type { RoundRecord } from "@tributary/server";
import { connectAdmin, withAdminOptions, type AdminFlags } from "../admin/admin-options.ts";
import { newestTask } from "../admin/newest-task.ts";
import { wholeNumber } from "../terminal/options.ts";
import { createOutput, formatBytes, formatSeconds, formatTable } from "../terminal/output.ts";
import { describeRound, metricsText } from "./describe-round.ts";

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
      .description("List the rounds of a task that have ended, oldest first.")
      .option("--task <id>", "task whose rounds are listed (default: the newest task)")
      .option(
        "--limit <count>",
        "list at most this many rounds, the newest ones",
        wholeNumber(1, 1_000),
        100,
      ),
  ).action(async (flags: AdminFlags & { task?: string; limit: number }) => {
    const admin = await connectAdmin(flags);
    const task = flags.task ?? (await newestTask(admin)).id;
    const { rounds } = await admin.json<{ rounds: RoundRecord[] }>(
      `/v1/tasks/${encodeURIComponent(task)}/rounds?limit=${flags.limit}`,
    );
    const rows = rounds.map((record) => [
      record.id,
      String(record.number),
      record.kind,
      outcomeOf(record),
      `${record.reported}/${record.selected}`,
      formatSeconds(record.roundTimeMs),
      formatBytes(record.bytesUp),
      formatBytes(record.bytesDown),
      metricsText(record.metrics),
    ]);
    const header = ["id", "round", "kind", "outcome", "reports", "time", "up", "down", "metrics"];
    createOutput(flags.json === true).result(
      { task, rounds },
      rounds.length === 0 ? "no round has ended yet" : formatTable(header, rows),
    );
  });
}

function outcomeOf({ outcome, reason, attempts }: RoundRecord): string {
  if (outcome === "committed") return outcome;
  return `abandoned: ${reason ?? ""}${attempts === 1 ? "" : `, ${attempts} times`}`;
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
    const record = await admin.json<RoundRecord>(`/v1/rounds/${encodeURIComponent(id)}`);
    createOutput(flags.json === true).result(record, describeRound(record));
  });
}
