export { TributaryError } from "./errors.ts";
