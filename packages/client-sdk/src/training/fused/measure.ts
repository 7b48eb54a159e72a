/** For benchmarks: what a step costs, and what one core could do at most. */
import { TributaryError, type Plan } from "@tributary/protocol";
import { compileTopology } from "./compile-topology.ts";
import { FusedNetwork } from "./network.ts";
import { createReferenceKernels } from "./reference/reference-kernels.ts";
import { compileFusedModule, registerLoops } from "./wasm-module.ts";

/** Rounds of multiply-adds that are timed at once: some milliseconds, short enough to be left alone now and then. */
const ROUNDS = 200_000;
const RUNS = 40;

/**
 * Measures this core's limit for 128-bit SIMD in WebAssembly: multiplications and additions between registers, with
 * nothing loaded or stored. The best of some short runs.
 * @param now - Milliseconds.
 * @returns Floating-point operations a second.
 * @throws TributaryError `ENGINE_UNAVAILABLE` where there is no WebAssembly SIMD.
 */
export async function measureSimdLimit(now: () => number): Promise<number> {
  const module = await compileFusedModule();
  if (module === undefined) {
    throw new TributaryError("ENGINE_UNAVAILABLE", "There is no WebAssembly with SIMD here");
  }
  const loops = await registerLoops(module);
  let best = 0;
  for (let time = 0; time < RUNS; time++) {
    for (const { operations, run } of loops) {
      const startMs = now();
      run(ROUNDS);
      // The first ones are compiled as they run.
      if (time > 2) best = Math.max(best, (1000 * ROUNDS * operations) / (now() - startMs));
    }
  }
  return best;
}

/**
 * Counts what one training step does for one example: multiplications and additions of the layers that multiply,
 * forwards and backwards; activations, pooling and the optimizer are not counted.
 * @throws TributaryError `MODEL_UNSUPPORTED` for models that the fused trainer does not take.
 */
export function operationsPerExample(plan: Plan): number {
  const network = new FusedNetwork(plan, compileTopology(plan), createReferenceKernels(), 1);
  return network.operationsPerExample;
}
