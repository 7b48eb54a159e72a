// For benchmarks: how many operations a training step takes, and how many one core can do at most.
import { TributaryError, type Plan } from "@tributary/protocol";
import { compileTopology } from "./compile/compile-topology.ts";
import { createReferenceKernels } from "./kernels/reference/reference-kernels.ts";
import { compileTrainingKernels, registerLoops } from "./kernels/wasm/wasm-kernels.ts";
import { FusedNetwork } from "./network/network.ts";

/**
 * How many rounds are timed at once: some milliseconds, so that other work on the core spares some
 * runs.
 */
const ROUNDS = 200_000;
const RUNS = 40;

/**
 * Measures the most that this core can compute with 128-bit SIMD in WebAssembly: multiplications
 * and additions between registers, without loading or storing anything. The best of some short runs
 * counts.
 * @param now - Gives the time in milliseconds.
 * @returns Floating-point operations in a second.
 * @throws TributaryError `ENGINE_UNAVAILABLE` where there is no WebAssembly SIMD.
 */
export async function measureSimdLimit(now: () => number): Promise<number> {
  const module = await compileTrainingKernels();
  if (module === undefined) {
    throw new TributaryError("ENGINE_UNAVAILABLE", "There is no WebAssembly with SIMD here");
  }
  const loops = await registerLoops(module);
  let best = 0;
  for (let time = 0; time < RUNS; time++) {
    for (const { operations, run } of loops) {
      const startMs = now();
      run(ROUNDS);
      // The first runs include the time in which the engine compiles the loops.
      if (time > 2) best = Math.max(best, (1000 * ROUNDS * operations) / (now() - startMs));
    }
  }
  return best;
}

/**
 * Counts the operations of one training step for one example: multiplications and additions of the
 * layers that multiply, forwards and backwards. Activations, pooling and the optimizer are not
 * counted.
 * @throws TributaryError `MODEL_UNSUPPORTED` for models that the fused trainer does not take.
 */
export function operationsPerExample(plan: Plan): number {
  const network = new FusedNetwork(plan, compileTopology(plan), createReferenceKernels(), 1);
  return network.operationsPerExample;
}
