import { expect, test } from "vitest";
import type { DemoResult } from "./support/demo-result.ts";
import { openSandbox } from "./support/sandbox.ts";

/** Patients of three hospitals, in a dialect of its own: the outcome and the stay follow from the fever. */
function patients(): string {
  const rows = Array.from({ length: 90 }, (_, index) => {
    const fever = 36 + ((index * 37) % 50) / 10;
    const ward = index % 2 === 0 ? "east" : "west";
    const stay = String(2 * (fever - 36) + 1).replace(".", ",");
    const shown = index === 7 ? "NA" : String(fever).replace(".", ",");
    return [`H${index % 3}`, shown, ward, stay, fever > 38.4 ? "ill" : "well"].join(";");
  });
  return ["hospital;fever;ward;stay;outcome", ...rows].join("\n");
}

test("a table in any dialect trains with one command, each hospital as a client", async () => {
  const box = await openSandbox();
  await box.write("patients.csv", patients());
  const demo = [
    "demo",
    "--data",
    "patients.csv",
    "--by",
    "hospital",
    "--rounds",
    "8",
    "--seed",
    "1",
  ];
  const outcome = await box.json<DemoResult>([
    ...[...demo, "--label", "outcome", "--ignore", "stay", "--drop-incomplete"],
  ]);
  expect(outcome).toMatchObject({ clients: 3, rounds: 8 });
  expect(outcome.finalAccuracy).toBeGreaterThan(0.8);

  const stay = await box.run([
    ...[...demo, "--label", "stay", "--values", "--ignore", "outcome", "--fill-missing", "median"],
  ]);
  expect({ code: stay.code, stderr: stay.code === 0 ? "" : stay.stderr }).toMatchObject({
    code: 0,
    stderr: "",
  });
  expect(stay.stderr).toContain(
    "90 rows of 5 columns, divided by semicolons, with a header, with decimal commas",
  );
  expect(stay.stderr).toContain("filled in 1 values of fever (1)");
  expect(stay.stderr).toMatch(/^round {2}cohort +MAE/m);
  // The stay is 1 to 11 days, so that a model that knows nothing is 2.5 days off.
  const error = /^error +MAE ([\d.]+), RMSE ([\d.]+) on held-out examples$/m.exec(stay.stdout);
  expect(Number(error?.[1])).toBeLessThan(2);
  expect(Number(error?.[2])).toBeGreaterThanOrEqual(Number(error?.[1]));
});

test("a contract is drafted from a table for the task file", async () => {
  const box = await openSandbox();
  await box.write("patients.csv", patients());
  const { examples } = await box.json<{ examples: object }>([
    ...["task", "contract", "patients.csv", "--fill-missing", "mean", "--ignore", "hospital,stay"],
  ]);
  expect(examples).toMatchObject({
    features: [
      { type: "numeric", name: "fever", scaling: { method: "none" } },
      { type: "categorical", name: "ward", levels: ["east", "west"] },
    ],
    label: { name: "outcome", classes: ["ill", "well"] },
    otherColumns: "ignore",
  });
});
