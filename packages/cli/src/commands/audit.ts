import { Command } from "commander";
import type { AuditEntryView } from "@tributary/server";
import { connectAdmin, withAdminOptions, type AdminFlags } from "../admin/admin-options.ts";
import { wholeNumber } from "../terminal/options.ts";
import { createOutput, formatTable } from "../terminal/output.ts";

interface AuditFlags extends AdminFlags {
  readonly limit: number;
  readonly before?: number;
}

export function auditCommand(): Command {
  const audit = new Command("audit").description(
    "Show who changed what through a server's admin API.",
  );

  withAdminOptions(
    audit
      .command("list")
      .description("List the changes that were requested, including refused ones, newest first.")
      .option("--limit <count>", "list at most this many changes", wholeNumber(1, 1_000), 100)
      .option(
        "--before <number>",
        "list only changes that are older than the change with this number",
        wholeNumber(1),
      ),
  ).action(async ({ limit, before, ...flags }: AuditFlags) => {
    const admin = await connectAdmin(flags);
    const older = before === undefined ? "" : `&before=${before}`;
    const { entries } = await admin.json<{ entries: AuditEntryView[] }>(
      `/v1/audit?limit=${limit}${older}`,
    );
    const output = createOutput(flags.json === true);
    const rows = entries.map(({ sequence, atMs, actor, operation, target, note, error }) => [
      String(sequence),
      new Date(atMs).toISOString(),
      actor,
      operation,
      error ?? "done",
      target,
      note,
    ]);
    output.result(
      { entries },
      rows.length === 0
        ? `no changes${before === undefined ? " yet" : ` before number ${before}`}`
        : formatTable(["number", "when", "who", "what", "outcome", "on", "note"], rows),
    );
    const last = entries.at(-1)?.sequence ?? 1;
    if (entries.length === limit && last > 1) {
      output.say(`\nTo see older changes: tributary audit list --before ${last}`);
    }
  });
  return audit;
}
