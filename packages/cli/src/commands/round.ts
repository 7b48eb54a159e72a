import { Command } from "commander";
import type { RoundRecord } from "@tributary/server";
import { createOutput, formatBytes, formatSeconds, formatTable } from "../output.ts";
import { connectAdmin, withAdminOptions, type AdminFlags } from "./admin-options.ts";
import { newestTask } from "./newest-task.ts";

export function roundCommand(): Command {
  const round = new Command("round").description("Rounds of a running server's tasks.");

  withAdminOptions(round.command("list"))
    .description("List a task's rounds, newest last.")
    .option("--task <id>", "the task; else the newest")
    .action(async (flags: AdminFlags & { task?: string }) => {
      const admin = await connectAdmin(flags);
      const task = flags.task ?? (await newestTask(admin)).id;
      const { rounds } = await admin.json<{ rounds: RoundRecord[] }>(
        `/v1/tasks/${encodeURIComponent(task)}/rounds`,
      );
      const rows = rounds.map((record) => [
        record.id,
        String(record.number),
        record.outcome === "committed" ? "committed" : `abandoned: ${record.reason ?? ""}`,
        `${record.reported}/${record.selected}`,
        formatSeconds(record.endedAtMs - record.startedAtMs),
        formatBytes(record.bytesUp),
        formatBytes(record.bytesDown),
        metricsText(record.metrics),
      ]);
      const header = [
        "id",
        "round",
        "outcome",
        "reports",
        "time",
        "up",
        "down",
        "training metrics",
      ];
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

function describeRound(record: RoundRecord): string {
  return [
    `round       ${record.id}, number ${record.number}`,
    `outcome     ${record.outcome}${record.reason === null ? "" : `: ${record.reason}`}`,
    `began       ${new Date(record.startedAtMs).toISOString()}, took ${formatSeconds(record.endedAtMs - record.startedAtMs)}`,
    `cohort      ${record.selected}`,
    ...describeFates(record.fates),
    `examples    ${record.exampleCount}`,
    `traffic     ${formatBytes(record.bytesUp)} up, ${formatBytes(record.bytesDown)} down`,
    `metrics     ${metricsText(record.metrics)}`,
    `from        ${record.baseCheckpoint}`,
    `to          ${record.checkpoint ?? "–"}`,
  ].join("\n");
}

/** A line for each thing that became of members, most first within a kind. */
function describeFates(fates: RoundRecord["fates"]): string[] {
  const lines = (
    counts: Readonly<Record<string, number>>,
    say: (reason: string) => string,
  ): [number, string][] =>
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([reason, count]) => [count, say(reason)]);
  return [
    ...(fates.reported === 0 ? [] : [[fates.reported, "reported"] as const]),
    ...lines(fates.refused, (code) => `report refused: ${code}`),
    ...lines(fates.withdrew, (code) => `withdrew: ${code}`),
    ...lines(fates.left, (stage) => `connection lost while ${stage}`),
    ...lines(fates.unfinished, (stage) => `still ${stage} when the round ended`),
  ].map(([count, text]) => `${String(count).padStart(10)}  ${text}`);
}

const metricsText = (metrics: Readonly<Record<string, number>>): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(", ");
