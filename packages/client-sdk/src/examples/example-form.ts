// Whether what an app gives, or what its store returns, has the form that its types promise. Programs
// without types find out only here.
import { TributaryError } from "@tributary/protocol";
import type { ExampleTable } from "./example-table.ts";
import type { Examples } from "./examples.ts";

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const isShape = (value: unknown): boolean =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 1);

/** What in a value is not as in `Examples`, as a clause; `undefined` if nothing is. */
export function faultOfExamples(value: unknown): string | undefined {
  if (!isObject(value)) return `they are ${value === null ? "null" : typeof value}, and no object`;
  const { features, featureShape, labels, labelShape, count } = value;
  if (!(features instanceof Float32Array)) return "features is no Float32Array";
  if (!isShape(featureShape)) return "featureShape is no list of whole numbers from 1";
  if (!(labels instanceof Float32Array || labels instanceof Int32Array)) {
    return "labels is neither a Float32Array nor an Int32Array";
  }
  if (!isShape(labelShape)) return "labelShape is no list of whole numbers from 1";
  return Number.isSafeInteger(count) ? undefined : "count is no whole number";
}

/** What in a value is not as in `ExampleTable`, as a clause; `undefined` if nothing is. */
export function faultOfTable(value: unknown): string | undefined {
  if (!isObject(value)) return "it is no object";
  const { columns, rows } = value;
  if (!Array.isArray(columns) || columns.some((name) => typeof name !== "string")) {
    return "columns is no list of names";
  }
  return Array.isArray(rows) && rows.every((row) => Array.isArray(row))
    ? undefined
    : "rows is no list of lists of cells";
}

/**
 * @param returned - What an app's store has returned.
 * @throws TributaryError `EXAMPLES_INVALID` when it does not have the form of examples.
 */
export function requireExamples(returned: unknown): asserts returned is Examples {
  const fault = faultOfExamples(returned);
  if (fault !== undefined) throw malformed("load", fault, "an object of the type Examples");
}

/** @throws TributaryError `EXAMPLES_INVALID` when it does not have the form of a table. */
export function requireTable(returned: unknown): asserts returned is ExampleTable {
  const fault = faultOfTable(returned);
  if (fault !== undefined) throw malformed("table", fault, "an object of the type ExampleTable");
}

function malformed(method: string, fault: string, wanted: string): TributaryError {
  return new TributaryError(
    "EXAMPLES_INVALID",
    `What the example store's ${method} has returned is not usable: ${fault}`,
    { remedy: `Return ${wanted}.` },
  );
}
