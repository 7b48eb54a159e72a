import { pathToFileURL } from "node:url";
import * as z from "zod";
import { TributaryError, isTributaryError } from "@tributary/protocol";
import { strictRecord, text } from "@tributary/protocol/schemas";
import { messageOf } from "../files/unreadable.ts";
import { nameKey } from "../options/option-keys.ts";
import type { Algorithm } from "./algorithm.ts";

export const moduleOptions = strictRecord({
  name: nameKey("module", "An algorithm of your own, which a JavaScript module makes."),
  path: text(4_096).describe(
    "The module, whose default export is a function from `options` to an `Algorithm`. Every thread loads it. The experiment runs it: use no module that you do not trust.",
  ),
  options: z
    .record(z.string(), z.json(), { error: "Give an object." })
    .default({})
    .describe("What the function gets."),
});

/**
 * Makes an algorithm of a module of one's own: see `algorithm: { name: module }`.
 * @param options - What the experiment file says below `algorithm.options`.
 */
export type AlgorithmMaker = (
  options: Readonly<Record<string, unknown>>,
) => Algorithm | Promise<Algorithm>;

/**
 * Loads an algorithm from a module.
 * @throws TributaryError `CONFIG_INVALID` when the module makes none.
 */
export async function algorithmOfModule({
  path,
  options,
}: z.output<typeof moduleOptions>): Promise<Algorithm> {
  try {
    const { default: make } = (await import(pathToFileURL(path).href)) as {
      readonly default?: unknown;
    };
    if (typeof make !== "function") throw unusable(path, "has no function as its default export");
    const algorithm: unknown = await (make as AlgorithmMaker)(options);
    if (typeof algorithm === "object" && algorithm !== null) return algorithm;
    throw unusable(path, "makes no algorithm");
  } catch (cause) {
    if (isTributaryError(cause)) throw cause;
    throw unusable(path, `cannot be used (${messageOf(cause)})`, cause);
  }
}

function unusable(path: string, fault: string, cause?: unknown): TributaryError {
  return new TributaryError("CONFIG_INVALID", `The module ${path} ${fault}`, {
    remedy: "Give a JavaScript module whose default export is a function that makes an algorithm.",
    context: { path: "algorithm.path" },
    cause,
  });
}
