import type { StoredResults } from "@tributary/simulator";

/** What is compared of an experiment that has run twice. */
type Run = Pick<StoredResults, "environment" | "runs">;

/** Says why an experiment that was repeated may have given other checkpoints, and what to do then. */
export function remedyForOtherBits(before: Run, after: Run): string {
  const was = enginesOf(before);
  const is = enginesOf(after);
  if (was !== "" && was !== is) {
    return `It was trained by the engine ${was}, and this time by ${is}: name one with runner.engine.`;
  }
  const { tributary, revision, cpu } = before.environment;
  if (was.includes("native") && cpu !== after.environment.cpu) {
    return `The engine native gives the same bits on one kind of processor only. It ran on ${cpu}, and this is ${after.environment.cpu}.`;
  }
  const version = `version ${tributary}${revision === null ? "" : ` (revision ${revision})`}`;
  return `Use the same data as then, and ${version}.`;
}

/** The engines of all runs; nothing in results of older versions, which do not name them. */
const enginesOf = ({ runs }: Run): string =>
  [...new Set(runs.flatMap(({ engine }) => engine ?? []))].sort().join(" and ");
