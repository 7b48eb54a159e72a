// The subpath `@tributary/protocol/schemas`: zod schemas, for a program that makes larger schemas
// out of them, as the server's admin API does. Other programs use the plain types and functions of
// the main entry, which do not depend on zod.
export { taskSchema } from "./task-schema.ts";
