import { expect, it } from "vitest";
import { WITH_BENCHMARKS } from "./support/command.ts";
import { openSandbox } from "./support/sandbox.ts";

it("the published command has no benchmarks", async () => {
  const box = await openSandbox();
  const error = await box.failure(["bench"], 2);
  expect(error).toMatchObject({ code: "BAD_PARAMETER", message: "Unknown command 'bench'" });
});

interface HostileLine {
  readonly honestRoundsCompleted: number;
  readonly honestReports: number;
  readonly roundsPerSecond: { readonly alone: number };
  readonly hostileConnections: number;
  readonly hostileByKind: Readonly<Record<string, number>>;
  readonly cut: Readonly<Record<"connections" | "sessions" | "reports", number>>;
  readonly crashes: number;
  readonly peakRssMiB: number;
}

it("bench hostile: honest rounds go on, every kind of attack is tried, and the server lives", async () => {
  const box = await openSandbox(WITH_BENCHMARKS);
  const result = await box.json<HostileLine>(["bench", "hostile", "--seconds", "10"]);
  expect(result.crashes).toBe(0);
  expect(result.honestRoundsCompleted).toBeGreaterThan(0);
  expect(result.honestReports).toBeGreaterThan(0);
  expect(result.roundsPerSecond.alone).toBeGreaterThan(0);
  expect(Object.keys(result.hostileByKind).length).toBe(20);
  const counts = Object.values(result.hostileByKind);
  expect(result.hostileConnections).toBe(counts.reduce((sum, count) => sum + count, 0));
  for (const count of Object.values(result.cut)) expect(count).toBeGreaterThan(0);
  expect(result.peakRssMiB).toBeGreaterThan(50);
});

interface ConnectionsLine {
  readonly connected: number;
  readonly held: number;
  readonly kibPerConnection: number;
  readonly checkInsPerSecond: number;
  readonly accepted: number;
}

it("bench connections: all connect, are held, and have their check-in answered", async () => {
  const box = await openSandbox(WITH_BENCHMARKS);
  const result = await box.json<ConnectionsLine>(["bench", "connections", "--clients", "30"]);
  expect(result).toMatchObject({ connected: 30, held: 30, accepted: 30 });
  expect(result.checkInsPerSecond).toBeGreaterThan(0);
  expect(Number.isFinite(result.kibPerConnection)).toBe(true);
});

it("bench aggregate: what a round costs the server beside the floor of its bytes", async () => {
  const box = await openSandbox(WITH_BENCHMARKS);
  const size = ["--clients", "6", "--parameters", "20000", "--rounds", "2"];
  const result = await box.json<Record<string, number>>(["bench", "aggregate", ...size]);
  const costs = ["serverCpuSecondsPerRound", "floorCpuSecondsPerRound", "ratio", "peakRssMiB"];
  for (const name of costs) expect(result[name], name).toBeGreaterThan(0);
  expect(result["worstEventLoopDelayMs"]).toBeGreaterThanOrEqual(0);
  // 8 bits a value, a header for each block of 4,096, and what the messages around them take.
  expect(result["bytesUpPerClient"]).toBeGreaterThan(20_000 + 5 * 8);
  expect(result["bytesUpPerClient"]).toBeLessThan(20_600);
  // float32, the plan, and what seals them.
  expect(result["bytesDownPerClient"]).toBeGreaterThan(80_000);
  expect(result["bytesDownPerClient"]).toBeLessThan(82_000);
});

it("bench aggregate: half precision and differences halve and quarter what goes down", async () => {
  const box = await openSandbox(WITH_BENCHMARKS);
  const size = ["--clients", "3", "--parameters", "20000", "--rounds", "1"];
  const down = async (name: string): Promise<number> =>
    (
      await box.json<{ bytesDownPerClient: number }>([
        "bench",
        "aggregate",
        ...size,
        "--down",
        name,
      ])
    ).bytesDownPerClient;
  expect(await down("float16")).toBeLessThan(42_000);
  expect(await down("difference")).toBeLessThan(22_000);
});

it("bench aggregate: a codec that does not exist is refused with those that do", async () => {
  const box = await openSandbox(WITH_BENCHMARKS);
  const error = await box.failure(["bench", "aggregate", "--codec", "zip"]);
  expect(error.code).toBe("TASK_INVALID");
  expect(error.remedy).toContain("uniform");
});

interface TrainLine {
  readonly engine: string;
  readonly backend: string;
  readonly steps: number;
  readonly stepsPerSecond: number;
  readonly gflops: number;
  readonly fractionOfSimdLimit: number;
  readonly weightsSha256?: string;
}

it("bench train: says how fast, and names the same weights for both backends of the fused trainer", async () => {
  const box = await openSandbox(WITH_BENCHMARKS);
  const train = (...args: readonly string[]): Promise<TrainLine> =>
    box.json<TrainLine>(["bench", "train", "--model", "logistic-784-10", ...args]);
  const timed = await train("--seconds", "1");
  expect(timed).toMatchObject({ engine: "fused", backend: "wasm" });
  expect(timed.weightsSha256).toBeUndefined();
  for (const value of [timed.stepsPerSecond, timed.gflops, timed.fractionOfSimdLimit]) {
    expect(value).toBeGreaterThan(0);
  }
  const exact = ["--steps", "20", "--seed", "3", "--hash"];
  const wasm = await train(...exact);
  expect(wasm.steps).toBe(20);
  expect(wasm.weightsSha256).toMatch(/^[0-9a-f]{64}$/);
  const twin = await train(...exact, "--engine", "fused", "--backend", "reference");
  expect(twin).toMatchObject({ backend: "reference", weightsSha256: wasm.weightsSha256 });
  const other = await train("--steps", "20", "--seed", "4", "--hash");
  expect(other.weightsSha256).not.toBe(wasm.weightsSha256);
  const tfjs = await train("--steps", "20", "--engine", "tfjs", "--backend", "wasm");
  expect(tfjs).toMatchObject({ engine: "tfjs", backend: "wasm", steps: 20 });
});

it("bench train: an unknown model, and a hash of no fixed number of steps, are bad usage", async () => {
  const box = await openSandbox(WITH_BENCHMARKS);
  const unknown = await box.failure(["bench", "train", "--model", "giant"], 2);
  expect(unknown.remedy).toContain("mcmahan-cnn");
  const hash = await box.failure(["bench", "train", "--hash"], 2);
  expect(hash).toMatchObject({ code: "BAD_PARAMETER" });
});

it("bench codec: error, bits and speed in one line, and the same with the same seed", async () => {
  const box = await openSandbox(WITH_BENCHMARKS);
  const args = ["bench", "codec", "--codec", "eden", "--bits", "4", "--dimension", "8192"];
  args.push("--distribution", "lognormal", "--clients", "10", "--trials", "50", "--seed", "1");
  const result = await box.json<Record<string, number>>(args);
  expect(result["vnmse"]).toBeCloseTo(0.009592, 4);
  expect(result["nmse"]).toBeCloseTo(0.0009592, 5);
  expect(result["bitsPerCoordinate"]).toBe(4 + 96 / 8_192);
  expect(result["encodeMBps"]).toBeGreaterThan(0);
  expect(result["decodeMBps"]).toBeGreaterThan(0);
  const again = await box.json<Record<string, number>>(args);
  expect([again["nmse"], again["vnmse"]]).toEqual([result["nmse"], result["vnmse"]]);
});
