// For programs that add verbs of their own to the `tributary` command, as the benchmarks of this repository do:
//
//   const program = createProgram().addCommand(new Command("bench"));
//   await runProgram(program);

export { AdminClient } from "./admin-client.ts";
export { backendOption, engineOption, finiteNumber, wholeNumber } from "./options.ts";
export { createOutput, formatBytes, type Output } from "./output.ts";
export { createProgram, runProgram } from "./program.ts";
