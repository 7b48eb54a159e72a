// Gives a test in Chromium what an app has of the store of examples.
import {
  createFusedTrainer,
  eraseExampleStore,
  isTributaryError,
  openExampleStore,
} from "@tributary/client-sdk";
import { exampleShelfCases, openShelf } from "@tributary/client-sdk/testing";

/** What the page offers to the test. */
const parts = {
  createFusedTrainer,
  eraseExampleStore,
  openExampleStore,
  /** Runs the conformance suite of the shelf, and tells the outcome of each case. */
  async conformance(): Promise<readonly (readonly [name: string, outcome: string])[]> {
    const open = (name: string) => openShelf({ name });
    const outcomes: [string, string][] = [];
    for (const { name, run } of exampleShelfCases({ open, outlives: true })) {
      try {
        await run();
        outcomes.push([name, "conforms"]);
      } catch (error) {
        outcomes.push([name, String(error)]);
      }
    }
    return outcomes;
  },
  /** The code and the message of the error with which something fails. */
  faultOf: (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => "no error",
      (error: unknown) =>
        isTributaryError(error) ? `${error.code}: ${error.message}` : String(error),
    ),
};

/** What the test finds under the name `storeParts`. */
export type StoreParts = typeof parts;

Object.assign(globalThis, { storeParts: parts });
