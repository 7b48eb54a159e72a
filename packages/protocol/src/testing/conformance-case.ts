import { toHex } from "../bytes/encoding.ts";
import { isTributaryError, TributaryError, type ErrorCode } from "../errors.ts";

/** One requirement of a port, checked against one adapter. */
export interface ConformanceCase {
  /** A sentence, for use as a test's title. */
  readonly name: string;
  /** Throws, or rejects, when the adapter does not conform. */
  run(): void | Promise<void>;
}

/** @throws TributaryError `INTERNAL` that names `what` unless `holds`. */
export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new TributaryError("INTERNAL", `The adapter does not conform: ${what}`);
}

/**
 * @throws TributaryError `INTERNAL` unless the bytes are `expectedHex` and a plain `Uint8Array`.
 */
export function expectBytes(
  actual: Uint8Array | undefined,
  expectedHex: string,
  what: string,
): void {
  if (actual === undefined) throw new TributaryError("INTERNAL", `${what} gave nothing`);
  expectThat(toHex(actual) === expectedHex, `${what} gave ${toHex(actual)} and not ${expectedHex}`);
  expectThat(
    Object.getPrototypeOf(actual) === Uint8Array.prototype,
    `${what} gave a subclass of Uint8Array, whose slice() may share memory`,
  );
}

/** @throws TributaryError `INTERNAL` unless `step` throws a `TributaryError` of `code`. */
export function expectFailure(code: ErrorCode, step: () => void, what: string): void {
  try {
    step();
  } catch (error) {
    if (isTributaryError(error, code)) return;
    throw new TributaryError("INTERNAL", `${what} threw something other than ${code}`, {
      cause: error,
    });
  }
  throw new TributaryError("INTERNAL", `${what} did not throw ${code}`);
}
