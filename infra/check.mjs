// `npm test`: runs everything that must hold for a commit. With names of checks as arguments it runs
// only these: `node infra/check.mjs lint types`.
import { fileURLToPath } from "node:url";
import { checksOf } from "./checks.mjs";
import { addUp, closingLine } from "./outcome.mjs";
import { Progress } from "./progress.mjs";
import { describeError } from "./setup-error.mjs";

const SHOWN_SKIPS = 10;

/** @param {readonly string[]} names */
async function main(names) {
  const checks = checksOf(fileURLToPath(new URL("..", import.meta.url)));
  const unknown = names.find((name) => !checks.some((check) => check.name === name));
  if (unknown !== undefined) {
    console.error(
      `There is no check ${unknown}. There are: ${checks.map(({ name }) => name).join(", ")}.`,
    );
    return 2;
  }
  const chosen = names.length === 0 ? checks : checks.filter(({ name }) => names.includes(name));

  const progress = new Progress({ stream: process.stdout });
  progress.line("Checking Tributary");
  if (!process.env["TRIBUTARY_DATA"]) {
    progress.line(
      "TRIBUTARY_DATA names no folder: the tests on published data and vectors are skipped.",
    );
  }

  /** @type {import("./outcome.mjs").Outcome[]} */
  const outcomes = [];
  /** @type {Map<string, Promise<import("./outcome.mjs").Outcome>>} */
  const started = new Map();
  for (const { name, title, run } of chosen) {
    const outcome = await progress.step(
      title,
      () => started.get(name) ?? run(),
      (result) => closingLine(addUp([result])),
    );
    for (const next of chosen) {
      if (next.startsAfter === name) started.set(next.name, next.run());
    }
    outcomes.push(outcome);
    if (outcome.failed > 0) progress.line(`\n${outcome.details?.trim() ?? ""}\n`);
  }

  const total = addUp(outcomes);
  const skipped = [...new Set(outcomes.flatMap((outcome) => outcome.skipped))];
  const skipFails = process.env["CI"] === "true" && total.skipped > 0;
  if (skipped.length > 0) {
    progress.line(skipFails ? "\nSkipped, which CI does not allow:" : "\nSkipped:");
    for (const title of skipped.slice(0, SHOWN_SKIPS)) progress.line(`  ${title}`);
    if (skipped.length > SHOWN_SKIPS) progress.line(`  and ${skipped.length - SHOWN_SKIPS} more`);
  }
  progress.line(`\n${closingLine(total)}`);
  return total.failed > 0 || skipFails ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
