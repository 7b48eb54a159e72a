import { TributaryError, canonicalize } from "@tributary/protocol";
import type { ExampleStore } from "./example-store.ts";
import type { Examples } from "./examples.ts";
import { mapText, textWindows, windowCount } from "./text-windows.ts";
import { utf8Of, type TokenizerSource } from "./tokenizer.ts";

/** Options of `textExampleStore`. */
export interface TextStoreOptions {
  /**
   * Makes the tokenizers that data contracts name: `publicTokenizers` of the entry point
   * `tokenizers`, or the app's own. Left out, only bytes are known.
   */
  readonly tokenizers?: TokenizerSource;
  /** The number of bytes of one example for plans without a data contract; 64 if left out. */
  readonly window?: number;
}

/**
 * Wraps text in an `ExampleStore`. The data contract of a plan says how it becomes tokens and how
 * many of them are an example; for a plan without one, windows of bytes are. The examples are made
 * once for each contract, the last of which is kept.
 * @param text - Text, or its bytes in UTF-8, which must not change.
 */
export function textExampleStore(
  text: string | Uint8Array,
  { tokenizers, window = 64 }: TextStoreOptions = {},
): ExampleStore {
  let kept: { readonly contract: string; readonly examples: Examples } | undefined;
  return {
    // No tokenizer makes more tokens of a text than it has bytes.
    count: () => Promise.resolve(windowCount(utf8Of(text).length, window)),
    async load(_signal, contract) {
      if (contract === undefined) return textWindows(text, window);
      if (contract.type !== "text") {
        throw new TributaryError(
          "EXAMPLES_INVALID",
          "The task's data contract is about a table, and the examples are text",
          { remedy: "Give the client a table with the contract's columns." },
        );
      }
      const key = canonicalize(contract);
      if (kept?.contract !== key) {
        kept = { contract: key, examples: await mapText(text, contract, tokenizers) };
      }
      return kept.examples;
    },
  };
}
