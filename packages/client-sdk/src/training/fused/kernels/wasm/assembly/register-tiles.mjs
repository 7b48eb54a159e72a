// Writes the innermost loops of all multiplications in AssemblyScript, which has no macros: `npm
// run kernels` calls this program. Each loop multiplies a strip of 1 to 5 rows by any number of
// columns, 8 columns at a time. The 5 × 8 sums of such a tile, the factors and a product fill the
// sixteen 128-bit registers of x86-64. Every sum runs over k in ascending order, whatever the tile.
//
// What these loops wait for is the decoding of instructions, and memory when loads come in bursts.
// So k goes on by four values in a round: counting and jumping back are paid for once in four. And
// because compilers bring all loads of a block to its beginning, where they need more registers
// than there are, blocks are kept short: by the test after each value whether it was the last one,
// and by tests between the rows that never come true. Both were measured on V8.

const HEIGHTS = [1, 2, 3, 4, 5];

/** The number of values of k in one round of a loop. */
const ROUND = 4;

/** The number of rows in one block. */
const BLOCK_ROWS = 2;

/**
 * What strips differ in, but for their height.
 * @typedef {object} Kind
 * @property {string} suffix - What the names of the functions end with.
 * @property {boolean} sideBySide - Whether the rows of A are neighbours in memory, one value apart,
 *   so that one pointer serves all.
 * @property {boolean} descends - Whether C is moved against the product, by a rate, in place of
 *   being written over. Then there is one group of k, and no start.
 * @property {readonly number[]} heights - The numbers of rows.
 */

/**
 * What one strip is made of.
 * @typedef {Kind & { rows: readonly number[], pointers: readonly string[] }} Strip
 *   `rows` are the numbers of its rows. `pointers` are the parameters that point into A: one for
 *   each row, or one for all.
 */

/** @type {readonly Kind[]} */
const KINDS = [
  { suffix: "", sideBySide: false, descends: false, heights: HEIGHTS },
  { suffix: "SideBySide", sideBySide: true, descends: false, heights: HEIGHTS },
  { suffix: "Descending", sideBySide: true, descends: true, heights: [1, 5] },
];

/**
 * @returns {string} The text of register-tiles.ts, which exists only while the module is compiled.
 */
export function writeSource() {
  return [
    ...KINDS.flatMap((kind) => [
      ...kind.heights.map((height) => strip(height, kind)),
      anyStrip(kind),
    ]),
    STORE_SOME,
    peakOfTile(),
    peakOfChains(),
  ].join("\n");
}

/**
 * Writes a loop over a 4 × 8 tile that works on registers only. Its speed is the limit that
 * the kernels are compared with. The factors change from one multiplication to the next, so that
 * the compiler cannot take a product out of the loop; each change is one more product.
 */
function peakOfTile() {
  const sums = [0, 1, 2, 3].flatMap((row) => [0, 1].map((vector) => ({ row, vector })));
  const round = [
    ...sums.map(
      ({ row, vector }) =>
        `s${row}${vector} = f32x4.add(s${row}${vector}, f32x4.mul(x${row}, b${vector}));`,
    ),
    "b0 = f32x4.mul(b0, turn); b1 = f32x4.mul(b1, turn);",
  ].join(" ");
  return `
export function peakOfTile(rounds: i32, seed: f32): f32 {
  const turn = f32x4.splat(seed);
  let b0 = f32x4.splat(1), b1 = f32x4.splat(2);
  const ${[0, 1, 2, 3].map((row) => `x${row} = f32x4.splat(${row + 1})`).join(", ")};
  let ${sums.map(({ row, vector }) => `s${row}${vector} = f32x4.splat(${row})`).join(", ")};
  for (let i = 0; i < rounds; i++) {
    ${Array.from({ length: 4 }, () => round).join("\n    ")}
  }
  ${sums
    .slice(1)
    .map(({ row, vector }) => `s00 = f32x4.add(s00, s${row}${vector});`)
    .join(" ")}
  return f32x4.extract_lane(s00, 0);
}`;
}

/** What strips take behind their pointers into A, with the types. */
const PARAMETERS = [
  ...["aStep: usize", "aLine: usize", "inner: i32", "outer: i32"],
  ...["b: usize", "bStep: usize", "bPanel: usize"],
  ...["c: usize", "cRow: usize", "start: usize", "startRow: usize", "columns: i32"],
];

/** The same for strips that descend. */
const DESCENT_PARAMETERS = [
  ...["aStep: usize", "inner: i32", "b: usize", "bStep: usize", "bPanel: usize"],
  ...["c: usize", "cRow: usize", "columns: i32", "rate: v128"],
];

/** What all strips of a kind take behind their pointers into A. */
const parametersOf = (/** @type {Kind} */ { descends }) =>
  descends ? DESCENT_PARAMETERS : PARAMETERS;

/**
 * @param {number} height
 * @param {Kind} kind
 * @returns {string[]} The names of a strip's pointers into A.
 */
const pointersOf = (height, { sideBySide }) =>
  sideBySide ? ["a0"] : Array.from({ length: height }, (_, row) => `a${row}`);

/** Writes the function that calls the strip of a height. Pointers to more rows do not count. */
function anyStrip(/** @type {Kind} */ kind) {
  const { suffix, heights } = kind;
  const most = pointersOf(Math.max(...heights), kind);
  const parameters = parametersOf(kind);
  const rest = parameters.map((parameter) => parameter.split(":")[0]);
  return `
export function strip${suffix}(height: i32, ${most.map((pointer) => `${pointer}: usize`).join(", ")}, ${parameters.join(", ")}): void {
  ${heights.map((height) => `if (height == ${height}) strip${height}${suffix}(${[...pointersOf(height, kind), ...rest].join(", ")});`).join("\n  else ")}
}`;
}

/**
 * Writes the function for one height. k runs over `outer` groups of `inner` values, whose first
 * values lie `aLine` apart in A.
 * @param {number} height - The number of rows.
 * @param {Kind} kind
 */
function strip(height, kind) {
  const { descends, suffix } = kind;
  const rows = Array.from({ length: height }, (_, row) => row);
  const pointers = pointersOf(height, kind);
  const parts = { ...kind, rows, pointers };
  const nextStart = (/** @type {number} */ bytes) =>
    descends ? "" : ` start = start ? start + ${bytes} : 0;`;
  const place = (/** @type {number} */ row) => `c${row ? ` + cRow * ${row}` : ""}`;
  /** What is stored of a sum: itself, or the weight that is there after a step along it. */
  const result = (/** @type {number} */ row, vector = 0) =>
    descends
      ? `f32x4.sub(v128.load(${place(row)}, ${16 * vector}), f32x4.mul(rate, s${row}${vector}))`
      : `s${row}${vector}`;
  return `
function strip${height}${suffix}(
  ${[...pointers.map((pointer) => `${pointer}: usize`), ...parametersOf(kind)].join(", ")},
): void {
  while (columns >= 8) {
    ${tile(parts, 2)}
    ${rows.map((row) => `v128.store(${place(row)}, ${result(row)}); v128.store(${place(row)}, ${result(row, 1)}, 16);`).join("\n    ")}
    b += bPanel; c += 32;${nextStart(32)} columns -= 8;
  }
  while (columns > 0) {
    ${tile(parts, 1)}
    ${rows.map((row) => `storeSome(${place(row)}, ${result(row)}, columns);`).join("\n    ")}
    b += 16; c += 16;${nextStart(16)} columns -= 4;
  }
}`;
}

/** Stores the first `columns` of four values. */
const STORE_SOME = `
export function storeSome(c: usize, values: v128, columns: i32): void {
  if (columns >= 4) { v128.store(c, values); return; }
  f32.store(c, f32x4.extract_lane(values, 0));
  if (columns > 1) f32.store(c, f32x4.extract_lane(values, 1), 4);
  if (columns > 2) f32.store(c, f32x4.extract_lane(values, 2), 8);
}`;

/**
 * Writes the sums of one tile, s<row><vector>. They begin with the values at `start`, or with zero
 * when that is 0.
 * @param {Strip} strip
 * @param {number} vectors - How many vectors of four columns the tile is wide.
 */
function tile({ rows, pointers, sideBySide, descends }, vectors) {
  const lanes = Array.from({ length: vectors }, (_, vector) => vector);
  const each = (/** @type {(row: number, vector: number) => string} */ write) =>
    rows.flatMap((row) => lanes.map((vector) => write(row, vector)));
  const from = (/** @type {number} */ row, /** @type {number} */ vector) =>
    `v128.load(start${row ? ` + startRow * ${row}` : ""}, ${16 * vector})`;
  const products = (/** @type {number} */ row) =>
    `x = v128.load32_splat(${sideBySide ? `p0, ${4 * row}` : `p${row}`}); ` +
    lanes
      .map((vector) => `s${row}${vector} = f32x4.add(s${row}${vector}, f32x4.mul(x, b${vector}));`)
      .join(" ");
  // The number of the test that never comes true: two equal ones would become one.
  let never = 0;
  const value = () =>
    [
      lanes.map((vector) => `b${vector} = v128.load(q, ${16 * vector});`).join(" "),
      ...rows.flatMap((row) => [
        ...(row > 0 && row % BLOCK_ROWS === 0 ? [`if (i == ${--never}) break;`] : []),
        products(row),
      ]),
      `q += bStep; ${pointers.map((_, row) => `p${row} += aStep;`).join(" ")}`,
    ].join("\n        ");
  const round = Array.from({ length: ROUND }, (_, index) =>
    index === 0 ? value() : `if (i == ${index}) break;\n        ${value()}`,
  );
  const zeros = each((row, vector) => `s${row}${vector} = f32x4.splat(0);`).join(" ");
  const loop = (/** @type {string} */ line) => `
      let ${pointers.map((pointer, row) => `p${row} = ${pointer}${line}`).join(", ")};
      for (let i = inner; i > 0; i -= ${ROUND}) {
        ${round.join("\n        ")}
      }`;
  const groups = `for (let o = outer; o > 0; o--) {${loop(" + line")}
      line += aLine;
    }`;
  return `let ${each((row, vector) => `s${row}${vector}: v128`).join(", ")};
    ${descends ? zeros : `if (start) { ${each((row, vector) => `s${row}${vector} = ${from(row, vector)};`).join(" ")} } else { ${zeros} }`}
    let q = b, line: usize = 0, x: v128, ${lanes.map((vector) => `b${vector}: v128`).join(", ")};
    ${descends ? loop("") : groups}`;
}

/**
 * Writes a loop over twelve sums, each of which depends on itself alone. Some compilers keep these
 * in registers where they do not keep the tile.
 */
function peakOfChains() {
  const sums = Array.from({ length: 12 }, (_, i) => `s${i}`);
  const round = sums.map((sum) => `${sum} = f32x4.add(f32x4.mul(${sum}, x), y);`).join(" ");
  return `
export function peakOfChains(rounds: i32, seed: f32): f32 {
  const x = f32x4.splat(seed), y = f32x4.splat(1 - seed);
  let ${sums.map((sum, i) => `${sum} = f32x4.splat(${i + 1})`).join(", ")};
  for (let i = 0; i < rounds; i++) {
    ${Array.from({ length: 4 }, () => round).join("\n    ")}
  }
  ${sums
    .slice(1)
    .map((sum) => `s0 = f32x4.add(s0, ${sum});`)
    .join(" ")}
  return f32x4.extract_lane(s0, 0);
}`;
}
