// For programs that add verbs of their own to the `tributary` command, as the benchmarks of this
// repository do:
//
//   const program = await createProgram();
//   await runProgram(program.addCommand(new Command("bench")));

export { AdminClient } from "./admin/admin-client.ts";
export { backendOption, engineOption, finiteNumber, wholeNumber } from "./terminal/options.ts";
export { createOutput, formatBytes, type Output } from "./terminal/output.ts";
export { createProgram, runProgram } from "./program.ts";
