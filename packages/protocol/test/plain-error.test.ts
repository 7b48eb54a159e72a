import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ERROR_CODES,
  TributaryError,
  clauseOf,
  isTributaryError,
  type ErrorCode,
} from "../src/errors.ts";
import { fromPlain, toPlain } from "../src/plain-error.ts";

/** JSON has no −0. */
const number = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((value) => (value === 0 ? 0 : value));
const name = fc.string().filter((text) => text !== "__proto__");

const errors: fc.Arbitrary<TributaryError> = fc.letrec<{ error: TributaryError; cause: unknown }>(
  (tie) => ({
    error: fc
      .tuple(
        fc.constantFrom(...(Object.keys(ERROR_CODES) as ErrorCode[])),
        fc.string(),
        fc.record(
          {
            remedy: fc.string(),
            retryAfterMs: number,
            context: fc.dictionary(name, fc.oneof(fc.string(), number, fc.boolean())),
            cause: tie("cause"),
          },
          { requiredKeys: [] },
        ),
      )
      .map(([code, message, options]) => new TributaryError(code, message, options)),
    cause: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.tuple(fc.string(), tie("cause")).map(([text, cause]) => new RangeError(text, { cause })),
      tie("error"),
    ),
  }),
).error;

/** All that an error says, to be compared. */
function fieldsOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const common = { message: error.message, stack: error.stack, cause: fieldsOf(error.cause) };
  if (!isTributaryError(error)) return { ...common, name: error.name };
  const { code, retryable, remedy, retryAfterMs, context } = error;
  return { ...common, code, retryable, remedy, retryAfterMs, context, clause: clauseOf(error) };
}

describe("an error as a plain object", () => {
  it("is not changed by JSON or by structured cloning", () => {
    fc.assert(
      fc.property(errors, (error) => {
        const plain = toPlain(error);
        expect(JSON.parse(JSON.stringify(plain))).toEqual(plain);
        expect(structuredClone(plain)).toEqual(plain);
      }),
    );
  });

  it("becomes the same error again, with all its causes", () => {
    fc.assert(
      fc.property(errors, (error) => {
        const revived = fromPlain(JSON.parse(JSON.stringify(toPlain(error))));
        expect(revived).toBeInstanceOf(TributaryError);
        expect(fieldsOf(revived)).toEqual(fieldsOf(error));
      }),
    );
  });

  it("keeps the code of an error of the platform", () => {
    const cause = Object.assign(new Error("no such file"), { code: "ENOENT" });
    const error = new TributaryError("DATA_UNREADABLE", "The file is missing", { cause });
    expect(fromPlain(toPlain(error)).cause).toMatchObject({
      message: "no such file",
      code: "ENOENT",
    });
  });

  it("has the text of what JSON cannot hold", () => {
    const cause = Object.create(null) as object;
    const error = new TributaryError("INTERNAL", "a", {
      context: { share: Number.NaN, most: Number.POSITIVE_INFINITY },
      retryAfterMs: Number.POSITIVE_INFINITY,
      cause,
    });
    const { context, retryAfterMs, cause: plainCause } = toPlain(error);
    expect(context).toEqual({ share: "NaN", most: "Infinity" });
    expect(retryAfterMs).toBeUndefined();
    expect(plainCause).toBe("object");
  });

  it("ends a chain of causes that is a circle", () => {
    const error = new TributaryError("INTERNAL", "a");
    error.cause = error;
    let depth = 0;
    for (let at: unknown = fromPlain(toPlain(error)); at instanceof Error; at = at.cause) depth++;
    expect(depth).toBe(9);
  });

  it("is INTERNAL when its code is not known here, and keeps what it says", () => {
    for (const code of ["OF_A_NEWER_VERSION", "constructor", ""]) {
      const error = fromPlain({ code, message: "a", remedy: "B.", context: { at: 3 } });
      expect(fieldsOf(error)).toMatchObject({
        code: "INTERNAL",
        retryable: true,
        message: "a. B.",
        context: { at: 3 },
      });
    }
  });

  it("is INTERNAL when it does not have the form of an error", () => {
    const sound = { code: "ABORTED", message: "a" };
    const malformed = [
      ...[undefined, null, "ABORTED", 7, [], {}],
      { code: "ABORTED" },
      { ...sound, message: 7 },
      { ...sound, remedy: 7 },
      { ...sound, retryAfterMs: "7" },
      { ...sound, context: "a" },
      { ...sound, context: ["a"] },
      { ...sound, context: { a: {} } },
      { ...sound, stack: [] },
    ];
    expect(fromPlain(sound).code).toBe("ABORTED");
    for (const value of malformed) expect(fromPlain(value).code).toBe("INTERNAL");
    fc.assert(fc.property(fc.anything(), (value) => isTributaryError(fromPlain(value))));
  });

  it("is an error however deep or strange the causes are that it claims", () => {
    let cause: unknown = { name: "Error", message: "deepest" };
    for (let i = 0; i < 100_000; i++) cause = { name: "Error", message: "a", cause };
    expect(fromPlain({ code: "ABORTED", message: "a", cause }).code).toBe("ABORTED");
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(fromPlain({ code: "ABORTED", message: "a", cause: value }).code).toBe("ABORTED");
      }),
    );
  });
});
