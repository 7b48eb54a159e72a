import fc from "fast-check";

const SURROGATES = { first: 0xd800, count: 0x800 };

/**
 * Any Unicode character, as a `unit` for fast-check's strings. fast-check's own unit `binary` gives
 * the same characters, but takes two seconds to build its table when it is first used.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .nat({ max: 0x10ffff - SURROGATES.count })
  .map((number) =>
    String.fromCodePoint(number < SURROGATES.first ? number : number + SURROGATES.count),
  );
