import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bestSoFar, crossing } from "../../bench/accuracy-against-bytes/crossing.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SCRIPT = join(ROOT, "bench/accuracy-against-bytes.mjs");
const FIGURES = "bench/results/accuracy-against-bytes.json";
const PAGE = "docs/accuracy-against-bytes.md";
const PICTURE = "docs/img/accuracy-against-bytes.svg";

interface Point {
  readonly rounds: number;
  readonly megabytesUp: number;
  readonly megabytesDown: number;
  readonly accuracy: number;
}

interface Result {
  readonly cell: { readonly name: string; readonly label: string };
  readonly payloadBytes: number;
  readonly target: Omit<Point, "accuracy"> | null;
  readonly points: readonly Point[];
}

describe("accuracy against bytes, in seconds", () => {
  let folder: string;
  const run = (...args: string[]): { status: number | null; stderr: string } =>
    spawnSync(process.execPath, [SCRIPT, ...args], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, TRIBUTARY_DATA: undefined },
    });
  const read = (...names: string[]): string => readFileSync(join(folder, ...names), "utf8");
  const results = (out: string): Result[] =>
    (
      JSON.parse(read(out, FIGURES)) as {
        cells: Result[];
      }
    ).cells;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tributary-accuracy-"));
    const { status, stderr } = run("--quick", "--record", "--out", "all");
    if (status !== 0) throw new Error(stderr);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("every cell reaches the target, and one bit does with a thirtieth of the bytes", () => {
    const cells = results("all");
    expect(cells.map(({ cell }) => cell.name)).toEqual([
      "fedsgd",
      "float32",
      "eden-1",
      "eden-4-difference",
    ]);
    for (const { cell, target } of cells) expect(target, cell.name).not.toBeNull();
    const [, float32, oneBit, differences] = cells;
    expect(float32!.payloadBytes).toBe(4 * 199_210);
    expect(30 * oneBit!.payloadBytes).toBeLessThan(float32!.payloadBytes);
    expect(30 * oneBit!.target!.megabytesUp).toBeLessThan(1.5 * float32!.target!.megabytesUp);
    const down = ({ points }: Result): number =>
      points.at(-1)!.megabytesDown / points.at(-1)!.rounds;
    expect(down(differences!)).toBeLessThan(down(float32!));
  });

  test("the page has a row, and the picture a line, for each of them", () => {
    const page = read("all", PAGE);
    for (const { cell } of results("all")) expect(page).toContain(`\n| ${cell.label} | `);
    expect(page).toContain("(img/accuracy-against-bytes.svg)");
    expect(page).not.toMatch(/undefined|NaN/);
    const picture = read("all", PICTURE);
    expect(picture.match(/<polyline /g)).toHaveLength(3); // the fourth differs downwards only
    expect(picture).not.toMatch(/undefined|NaN/);
  });

  test("a cell alone gives the same bits, and drawing again the same page", () => {
    expect(run("--quick", "--record", "--out", "one", "--cells", "eden-1").status).toBe(0);
    const points = (out: string): unknown =>
      results(out).find(({ cell }) => cell.name === "eden-1")!.points;
    expect(points("one")).toEqual(points("all"));
    const before = [read("all", PAGE), read("all", PICTURE)];
    expect(run("--quick", "--record", "--out", "all", "--cells", "none").status).toBe(0);
    expect([read("all", PAGE), read("all", PICTURE)]).toEqual(before);
  });

  test("the page and the picture in docs are those of the recorded figures", () => {
    cpSync(join(ROOT, FIGURES), join(folder, "kept", FIGURES), { recursive: true });
    expect(run("--record", "--out", "kept", "--cells", "none").status).toBe(0);
    for (const name of [PAGE, PICTURE]) {
      expect(read("kept", name)).toBe(readFileSync(join(ROOT, name), "utf8"));
    }
  });

  test("says where MNIST comes from when it is not there, and which cells there are", () => {
    expect(run("--cells", "float32")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^MNIST is not here: .*data fetch mnist/) as string,
    });
    expect(run("--cells", "zip")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^There is no cell "zip": take some of fedsgd, float32/,
      ) as string,
    });
  });
});

describe("the crossing of a target", () => {
  const curve = fc
    .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 })
    .map((accuracies): Point[] =>
      accuracies.map((accuracy, i) => ({
        rounds: i + 1,
        megabytesUp: 2 * (i + 1),
        megabytesDown: 3 * (i + 1),
        accuracy,
      })),
    );

  test("lies between the last measurement below it and the first at or above it", () => {
    fc.assert(
      fc.property(curve, fc.double({ min: 0.01, max: 1, noNaN: true }), (points, target) => {
        const reached = crossing(points, target);
        const first = points.findIndex(({ accuracy }) => accuracy >= target);
        if (first === -1) {
          expect(reached).toBeNull();
          return;
        }
        expect(reached!.rounds).toBeGreaterThanOrEqual(Math.max(1, first));
        expect(reached!.rounds).toBeLessThanOrEqual(first + 1);
        expect(reached!.megabytesUp).toBeCloseTo(2 * reached!.rounds, 9);
        expect(reached!.megabytesDown).toBeCloseTo(3 * reached!.rounds, 9);
      }),
    );
  });

  test("is interpolated linearly on the best so far", () => {
    const points = [0.9, 0.8, 0.96, 0.98].map((accuracy, i) => ({
      rounds: 10 * (i + 1),
      megabytesUp: i + 1,
      megabytesDown: 0,
      accuracy,
    }));
    expect(bestSoFar(points).map(({ accuracy }) => accuracy)).toEqual([0.9, 0.9, 0.96, 0.98]);
    expect(crossing(points, 0.97)!.rounds).toBeCloseTo(35, 9);
    expect(crossing(points, 0.93)!.megabytesUp).toBeCloseTo(2.5, 9);
  });
});
