import { Counter, type Registry } from "prom-client";
import type { ServerEvent } from "./server-event.ts";

/**
 * Adds the metrics of clients on their way into cohorts and through them. Once its round has ended,
 * each member that was selected has been counted once more: as accepted, as refused or as lost.
 * @returns What counts an event.
 */
export function memberMetrics(registry: Registry): (event: ServerEvent) => void {
  const registers = [registry];
  const rejected = new Counter({
    name: "tributary_check_ins_rejected_total",
    help: "Check-ins answered with a time to come back, by error code.",
    labelNames: ["code"],
    registers,
  });
  const selected = new Counter({
    name: "tributary_clients_selected_total",
    help: "Clients selected into cohorts.",
    registers,
  });
  const accepted = new Counter({
    name: "tributary_reports_accepted_total",
    help: "Reports added to an aggregate.",
    registers,
  });
  const refused = new Counter({
    name: "tributary_reports_refused_total",
    help: "Reports refused, by error code.",
    labelNames: ["code"],
    registers,
  });
  const lost = new Counter({
    name: "tributary_members_lost_total",
    help:
      "Members of cohorts that sent no report: withdrew, by the error code that they gave; " +
      "left or unfinished, by the stage that they had reached.",
    labelNames: ["how", "reason"],
    registers,
  });
  return (event) => {
    switch (event.type) {
      case "check-in-rejected":
        rejected.inc({ code: event.code });
        return;
      case "round-started":
        selected.inc(event.cohort);
        return;
      case "report-accepted":
        accepted.inc();
        return;
      case "report-refused":
        refused.inc({ code: event.error.code });
        return;
      case "member-withdrew":
        lost.inc({ how: "withdrew", reason: event.code });
        return;
      case "member-left":
        lost.inc({ how: "left", reason: event.stage });
        return;
      case "round-ended":
        // Members whose work ended before the round have had an event of their own.
        for (const [reason, count] of Object.entries(event.round.fates.unfinished)) {
          lost.inc({ how: "unfinished", reason }, count);
        }
        return;
      default:
    }
  };
}
