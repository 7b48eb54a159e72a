import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex, utf8 } from "../src/bytes/encoding.ts";
import { canonicalize } from "../src/plan/canonical-json.ts";
import { anyCharacter } from "./any-character.ts";
import { errorOf } from "./expect-error.ts";
import { VECTORS, readVectors } from "./published-vectors.ts";

const numberOfBits = (bits: string): number =>
  new DataView(BigUint64Array.of(BigInt(`0x${bits}`)).buffer).getFloat64(0, true);

describe.skipIf(VECTORS === undefined)("the published RFC 8785 pairs", () => {
  it.each(["arrays", "french", "structures", "unicode", "values", "weird"])(
    "gives the expected bytes for %s.json",
    (name) => {
      const value: unknown = JSON.parse(readVectors(`jcs/input/${name}.json`));
      const expected = readVectors(`jcs/outhex/${name}.txt`).replaceAll(/\s/g, "");
      expect(toHex(utf8(canonicalize(value)))).toBe(expected);
      expect(canonicalize(value)).toBe(readVectors(`jcs/output/${name}.json`));
    },
  );
});

describe("canonicalize", () => {
  it.each([
    ["0000000000000000", "0"],
    ["8000000000000000", "0"],
    ["0000000000000001", "5e-324"],
    ["8000000000000001", "-5e-324"],
    ["7fefffffffffffff", "1.7976931348623157e+308"],
    ["ffefffffffffffff", "-1.7976931348623157e+308"],
    ["4340000000000000", "9007199254740992"],
    ["c340000000000000", "-9007199254740992"],
    ["4430000000000000", "295147905179352830000"],
    ["44b52d02c7e14af5", "9.999999999999997e+22"],
    ["44b52d02c7e14af6", "1e+23"],
    ["44b52d02c7e14af7", "1.0000000000000001e+23"],
    ["444b1ae4d6e2ef4e", "999999999999999700000"],
    ["444b1ae4d6e2ef4f", "999999999999999900000"],
    ["444b1ae4d6e2ef50", "1e+21"],
    ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
    ["3eb0c6f7a0b5ed8d", "0.000001"],
    ["41b3de4355555553", "333333333.3333332"],
    ["41b3de4355555554", "333333333.33333325"],
    ["41b3de4355555555", "333333333.3333333"],
    ["41b3de4355555556", "333333333.3333334"],
    ["41b3de4355555557", "333333333.33333343"],
    ["becbf647612f3696", "-0.0000033333333333333333"],
    ["43143ff3c1cb0959", "1424953923781206.2"],
  ])("writes the number with the bits %s as RFC 8785 appendix B does", (bits, text) => {
    expect(canonicalize(numberOfBits(bits))).toBe(text);
  });

  it("sorts keys by UTF-16 units, so that a surrogate pair comes before U+FB33", () => {
    expect(canonicalize({ "\ufb33": 1, "\ud83d\ude00": 2, ö: 3, "1": 4, "\r": 5 })).toBe(
      '{"\\r":5,"1":4,"ö":3,"\ud83d\ude00":2,"\ufb33":1}',
    );
  });

  it.each([
    ["NaN", { a: [1, NaN] }, "$.a[1]"],
    ["an infinity", [-Infinity], "$[0]"],
    ["an undefined property", { a: undefined }, "$.a"],
    ["a hole", { a: Object.assign([1], { 2: 3 }) }, "$.a[1]"],
    ["half a surrogate pair", { a: "x\ud800y" }, "$.a"],
    ["half a surrogate pair as a key", { "\udc00": 1 }, "$."],
    ["a bigint", [1n], "$[0]"],
    ["a symbol", [Symbol("s")], "$[0]"],
    ["a function", { f: () => 1 }, "$.f"],
    ["a date", { d: new Date(0) }, "$.d"],
    ["a map", new Map([["a", 1]]), "$"],
    ["bytes", { b: new Uint8Array(2) }, "$.b"],
  ])("refuses %s and says where it is", (_, value, path) => {
    expect(errorOf(() => canonicalize(value), "BAD_PARAMETER").message).toContain(`at ${path}`);
  });

  it("refuses a cycle and endless nesting before the stack ends", () => {
    const cycle: Record<string, unknown> = {};
    cycle["again"] = cycle;
    errorOf(() => canonicalize(cycle), "BAD_PARAMETER");
    errorOf(() => canonicalize(JSON.parse("[".repeat(5_000) + "]".repeat(5_000))), "BAD_PARAMETER");
  });

  it("takes objects without a prototype and a key named __proto__", () => {
    expect(canonicalize(Object.assign(Object.create(null), { b: 1, a: 2 }))).toBe('{"a":2,"b":1}');
    expect(canonicalize(JSON.parse('{"b":0,"__proto__":{"x":1}}'))).toBe(
      '{"__proto__":{"x":1},"b":0}',
    );
  });

  it("keeps the value, and depends on nothing but the value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3, stringUnit: anyCharacter }), (value) => {
        const text = canonicalize(value);
        const parsed: unknown = JSON.parse(text);
        expect(canonicalize(parsed)).toBe(text);
        expect(parsed).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalize(reversedKeys(value))).toBe(text);
      }),
    );
  });
});

function reversedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversedKeys(inner)]),
  );
}
