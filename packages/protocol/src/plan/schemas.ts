// The subpath `@tributary/protocol/schemas`: zod schemas, for a program that makes larger schemas
// out of them, as the server's admin API and the simulator's experiments do. Other programs use the
// plain types and functions of the main entry, which do not depend on zod.
export { taskKeys, taskSchema } from "./task-schema.ts";
export {
  flag,
  fraction,
  list,
  oneOf,
  parseStrict,
  positiveNumber,
  strictRecord,
  text,
  wholeNumber,
} from "../schema/strict-schema.ts";
