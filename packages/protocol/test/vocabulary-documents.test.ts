// The tables in docs/ that list codecs, optimizers, losses, metrics and rules are made from the
// tables in the code. `UPDATE_DOCS=1` rewrites them.
import { it } from "vitest";
import { AGGREGATION_RULES } from "../src/plan/aggregation/rule-table.ts";
import { LOSSES, lossNames, type LabelKind } from "../src/plan/losses.ts";
import { METRICS, metricNames } from "../src/plan/metrics.ts";
import { PLAN_FEATURES } from "../src/plan/plan-features.ts";
import { OPTIMIZERS } from "../src/plan/optimizers/optimizer-table.ts";
import { SERVER_OPTIMIZERS } from "../src/plan/server-optimizers/server-optimizer-table.ts";
import type { AnyVariant, Parameter } from "../src/schema/parameter.ts";
import { parseUpdate } from "../src/plan/parse-update.ts";
import { UPDATE_CODECS, mostDecodedNorm, updateCodec } from "../src/update/codec-table.ts";
import { expectSection, markdownTable } from "./document-section.ts";

const yesOrNo = (is: boolean): string => (is ? "yes" : "no");

/** The parameters of a variant, each with its default. */
function parametersOf({ parameters }: AnyVariant): string {
  const names = Object.entries(parameters).map(([name, { byDefault }]: [string, Parameter]) =>
    byDefault === undefined ? `\`${name}\`` : `\`${name}\`: ${byDefault}`,
  );
  return names.length === 0 ? "none" : names.join(", ");
}

/** Bits of each value of a large update, with the default parameters. */
function bitsOf(codec: string): string {
  const dimension = 2 ** 20;
  const { max } = updateCodec(parseUpdate({ codec })).payloadBytes(dimension);
  return ((8 * max) / dimension).toFixed(2);
}

/** How much longer an honest update can be, with the default parameters, once it is decoded. */
const mostStretchOf = (codec: string): string =>
  mostDecodedNorm(parseUpdate({ codec }), 1, 2 ** 20).toFixed(3);

it("docs/update-codecs.md lists every codec with its parameters and its size", () => {
  const rows = UPDATE_CODECS.map((codec) => [
    `\`${codec.name}\``,
    codec.meaning,
    parametersOf(codec),
    bitsOf(codec.name),
    yesOrNo("entropy" in codec.parameters),
    yesOrNo(codec.leavesResidual),
    mostStretchOf(codec.name),
  ]);
  const head = [
    "codec",
    "what it does",
    "parameters: defaults",
    "bits of a value, by default",
    "can be entropy coded",
    "error feedback",
    "longer by",
  ];
  expectSection("update-codecs.md", "codecs", markdownTable(head, rows));
});

it("docs/task-file.md lists every optimizer with its parameters and what it remembers", () => {
  const rows = OPTIMIZERS.map((optimizer) => [
    `\`${optimizer.name}\``,
    optimizer.meaning,
    parametersOf(optimizer),
    optimizer.memory,
  ]);
  const head = ["name", "optimizer", "parameters: defaults", "remembers for each parameter"];
  expectSection("task-file.md", "optimizers", markdownTable(head, rows));
});

it("docs/task-file.md lists every server optimizer with its parameters and what it remembers", () => {
  const rows = SERVER_OPTIMIZERS.map((optimizer) => [
    `\`${optimizer.name}\``,
    optimizer.meaning,
    parametersOf(optimizer),
    optimizer.memory,
    `[arXiv:${optimizer.source}](https://arxiv.org/abs/${optimizer.source})`,
  ]);
  const head = [
    "name",
    "server optimizer",
    "parameters: defaults",
    "remembers for each parameter",
    "source",
  ];
  expectSection("task-file.md", "server-optimizers", markdownTable(head, rows));
});

it("docs/task-file.md lists every loss with the labels that it takes", () => {
  const labels: Readonly<Record<LabelKind, string>> = {
    classes: "class indices, or probabilities of all classes",
    classIndices: "class indices",
    probabilities: "from 0 to 1, for each output",
    numbers: "any numbers, for each output",
  };
  const rows = lossNames.map((name) => [
    `\`${name}\``,
    LOSSES[name].meaning,
    labels[LOSSES[name].labels],
  ]);
  expectSection("task-file.md", "losses", markdownTable(["`loss`", "what it is", "labels"], rows));
});

it("docs/task-file.md lists every metric", () => {
  const rows = metricNames.map((name) => [
    `\`${name}\``,
    METRICS[name].meaning,
    METRICS[name].isBetterHigher ? "higher" : "lower",
  ]);
  expectSection("task-file.md", "metrics", markdownTable(["metric", "what it is", "better"], rows));
});

it("docs/task-file.md lists every aggregation rule with what it needs", () => {
  const rows = AGGREGATION_RULES.map((rule) => [
    `\`${rule.name}\``,
    rule.meaning,
    rule.needs,
    rule.looksAt.length === 0 ? "the sum" : rule.looksAt.join(", "),
    `[arXiv:${rule.source}](https://arxiv.org/abs/${rule.source})`,
  ]);
  const head = ["`rule`", "the update of a round", "reports needed", "looks at", "source"];
  expectSection("task-file.md", "rules", markdownTable(head, rows));
});

it("docs/protocol.md lists every feature of plans with what a plan has that uses it", () => {
  const rows = PLAN_FEATURES.map(({ name, since, usedBy }) => [
    `\`${name}\``,
    `\`${usedBy}\``,
    since,
  ]);
  const head = ["feature", "used by a plan that has", "known since SDK"];
  const none = [["none yet", "", ""]];
  const table = markdownTable(head, rows.length === 0 ? none : rows);
  expectSection("protocol.md", "plan-features", table);
});
