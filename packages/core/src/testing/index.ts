/** Helpers for the tests of this package and of the packages that build on it. */
export { bitsOf } from "./bits-of.ts";
export { exampleTask, type TaskChanges } from "./example-task.ts";
