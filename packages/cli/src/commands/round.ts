import { Command } from "commander";
import type { RoundRecord } from "@tributary/server";
import { describeRound, metricsText } from "../describe-round.ts";
import { wholeNumber } from "../options.ts";
import { createOutput, formatBytes, formatSeconds, formatTable } from "../output.ts";
import { connectAdmin, withAdminOptions, type AdminFlags } from "./admin-options.ts";
import { newestTask } from "./newest-task.ts";

export function roundCommand(): Command {
  const round = new Command("round").description("Rounds of a running server's tasks.");

  withAdminOptions(round.command("list"))
    .description("List a task's rounds, newest last.")
    .option("--task <id>", "the task; else the newest")
    .option("--limit <count>", "list so many of the newest rounds", wholeNumber(1, 1_000), 100)
    .action(async (flags: AdminFlags & { task?: string; limit: number }) => {
      const admin = await connectAdmin(flags);
      const task = flags.task ?? (await newestTask(admin)).id;
      const { rounds } = await admin.json<{ rounds: RoundRecord[] }>(
        `/v1/tasks/${encodeURIComponent(task)}/rounds?limit=${flags.limit}`,
      );
      const rows = rounds.map((record) => [
        record.id,
        String(record.number),
        record.kind,
        record.outcome === "committed" ? "committed" : `abandoned: ${record.reason ?? ""}`,
        `${record.reported}/${record.selected}`,
        formatSeconds(record.endedAtMs - record.startedAtMs),
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

  withAdminOptions(round.command("show"))
    .argument("<id>", "round id")
    .description("Show one round.")
    .action(async (id: string, flags: AdminFlags) => {
      const admin = await connectAdmin(flags);
      const record = await admin.json<RoundRecord>(`/v1/rounds/${encodeURIComponent(id)}`);
      createOutput(flags.json === true).result(record, describeRound(record));
    });
  return round;
}
