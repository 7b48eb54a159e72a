import { TributaryError } from "../errors.ts";
import type { Address } from "../kernels/address.ts";
import { mix } from "../kernels/mix.ts";
import { xoshiro128 } from "../random/xoshiro128.ts";
import type { ConformanceCase } from "./conformance-case.ts";

/** Draws the arguments of one call from a seed, and lays out the arrays that the call works on. */
export interface CallDraft {
  /** Draws a whole number between two bounds, both included. */
  integer(least: number, most: number): number;
  /** Draws a size of at least 1. Small sizes come up often, since they are where loops go wrong. */
  size(most: number): number;
  /** Draws a number between two bounds. */
  number(least: number, most: number): number;
  /** Draws 32 bits as an integer from 0. */
  word(): number;
  /** Draws true as often as false. */
  flag(): boolean;
  /**
   * Lays out an array of float32 values, zeros of both signs among them.
   * @param magnitude - The values lie between −magnitude and magnitude. The default is 4.
   */
  values(count: number, magnitude?: number): Address;
  /**
   * Lays out an array with these contents. The kernel may write over it.
   * @param shift - Bytes by which the array misses a multiple of 16. The default is 0.
   */
  put(contents: ArrayBufferView, shift?: number): Address;
  /**
   * Lays out room for a kernel to write to. It is not zero at first.
   * @param shift - As for `put`.
   */
  room(byteLength: number, shift?: number): Address;
  /** Lays out room whose contents after the call do not matter. */
  scratch(byteLength: number): Address;
}

/**
 * One case of a kernel: draws arguments and gives a function that calls the kernel with them. The
 * function runs in both memories, and may call other kernels first. What it returns is compared as
 * well.
 */
export type KernelCase<Kernels> = (draft: CallDraft) => (kernels: Kernels) => number | void;

/** Kernels that are to agree with their twin, and what to call them with. */
export interface KernelAgreement<Kernels> {
  /** The kernels in WebAssembly and their twin in TypeScript. */
  readonly wasm: Kernels;
  readonly twin: Kernels;
  /** Names of functions of `wasm` and `twin` that are not kernels. */
  readonly notKernels: readonly string[];
  /** At least one case for each kernel, by the kernel's name. */
  readonly cases: Readonly<Record<string, KernelCase<Kernels>>>;
  /** Memory of both that is free for the cases: its address, a multiple of 16, and its length. */
  readonly begin: Address;
  readonly byteLength: number;
  /** Kernels may also write behind an array, up to the next multiple of so many bytes. */
  readonly roundsUpTo: number;
  /** How often each case is run, with other arguments each time. */
  readonly runs: number;
}

/** What must be true of a byte after the call. */
const UNTOUCHED = 0;
const SAME_IN_BOTH = 1;
const ANYTHING = 2;

/** Every byte that is not part of an array has this value, and keeps it. */
const GUARD = 0xa5;
const GUARD_BYTES = 64;

/**
 * Holds kernels in WebAssembly against their twin in TypeScript: the same calls must leave the same
 * bits in every array, return the same number, and write nowhere else.
 * @returns One case that demands a twin and a case for every kernel, and then one for each kernel.
 */
export function kernelAgreementCases<
  Kernels extends { readonly memory: { readonly buffer: ArrayBuffer } },
>(agreement: KernelAgreement<Kernels>): readonly ConformanceCase[] {
  return [
    { name: "every kernel has a twin and a case", run: () => requireComplete(agreement) },
    ...Object.entries(agreement.cases).map(([name, draw]): ConformanceCase => ({
      name: `${name} gives the same bits in both`,
      run() {
        for (let number = 0; number < agreement.runs; number++) {
          compareCall(agreement, draw, `${name}, call ${number}`, mix(number + 1));
        }
      },
    })),
  ];
}

function requireComplete<Kernels extends object>(agreement: KernelAgreement<Kernels>): void {
  const { wasm, twin, notKernels, cases } = agreement;
  const namesOf = (kernels: object): string =>
    Object.entries(kernels)
      .filter(([name, value]) => typeof value === "function" && !notKernels.includes(name))
      .map(([name]) => name)
      .toSorted()
      .join(", ");
  const expected = namesOf(wasm);
  requireThat(namesOf(twin) === expected, `The twin has ${namesOf(twin)}, the module ${expected}`);
  requireThat(namesOf(cases) === expected, `There are cases for ${namesOf(cases)} of ${expected}`);
}

function compareCall<Kernels extends { readonly memory: { readonly buffer: ArrayBuffer } }>(
  { wasm, twin, begin, byteLength, roundsUpTo }: KernelAgreement<Kernels>,
  draw: KernelCase<Kernels>,
  call: string,
  seed: number,
): void {
  const layout = new CallLayout({ begin, byteLength, roundsUpTo, seed });
  const run = draw(layout);
  const { length } = layout;
  const [ofWasm, ofTwin] = [wasm, twin].map((kernels) => {
    new Uint8Array(kernels.memory.buffer, begin, length).set(layout.before.subarray(0, length));
    const result = run(kernels);
    return { result, bytes: new Uint8Array(kernels.memory.buffer, begin, length) };
  }) as [CallResult, CallResult];
  requireThat(
    Object.is(ofWasm.result, ofTwin.result),
    `${call}: the module returns ${String(ofWasm.result)} and its twin ${String(ofTwin.result)}`,
  );
  for (let i = 0; i < length; i++) {
    const [actual, expected] = [ofWasm.bytes[i], ofTwin.bytes[i]];
    const rule = layout.rules[i];
    if (rule === SAME_IN_BOTH && actual !== expected) {
      throw new TributaryError(
        "INTERNAL",
        `${call}: ${layout.describe(i)} is ${actual} in the module and ${expected} in its twin`,
      );
    }
    if (rule === UNTOUCHED && (actual !== GUARD || expected !== GUARD)) {
      const writer = actual === GUARD ? "its twin" : "the module";
      throw new TributaryError("INTERNAL", `${call}: ${writer} writes to ${layout.describe(i)}`);
    }
  }
}

interface CallResult {
  readonly result: number | void;
  readonly bytes: Uint8Array;
}

/** Lays out the arrays of one call, each between bytes that nobody may write to. */
class CallLayout implements CallDraft {
  /** The memory as it is before the call. */
  readonly before: Uint8Array;
  /** What must be true of each byte after the call. */
  readonly rules: Uint8Array;
  readonly #begin: Address;
  readonly #roundsUpTo: number;
  readonly #next: () => number;
  readonly #starts: number[] = [];
  #used = 0;

  constructor(options: {
    readonly begin: Address;
    readonly byteLength: number;
    readonly roundsUpTo: number;
    readonly seed: number;
  }) {
    this.before = new Uint8Array(options.byteLength).fill(GUARD);
    this.rules = new Uint8Array(options.byteLength).fill(UNTOUCHED);
    this.#begin = options.begin;
    this.#roundsUpTo = options.roundsUpTo;
    const words = Int32Array.from({ length: 4 }, (_, i) => mix(options.seed + i));
    this.#next = xoshiro128(new Uint8Array(words.buffer));
  }

  /** How many bytes the arrays take, with the bytes around them. */
  get length(): number {
    return this.#used + GUARD_BYTES;
  }

  word(): number {
    return this.#next();
  }

  number(least: number, most: number): number {
    return least + (most - least) * (this.#next() / 2 ** 32);
  }

  integer(least: number, most: number): number {
    return Math.floor(this.number(least, most + 1));
  }

  size(most: number): number {
    return this.integer(1, this.integer(0, 3) === 0 ? Math.min(8, most) : most);
  }

  flag(): boolean {
    return this.integer(0, 1) === 1;
  }

  values(count: number, magnitude = 4): Address {
    const draw = (): number => {
      const kind = this.integer(0, 15);
      if (kind === 0) return 0;
      if (kind === 1) return -0;
      // Most of the values of a vector are small next to its largest one.
      return magnitude * this.number(-1, 1) ** 3;
    };
    return this.put(Float32Array.from({ length: count }, draw));
  }

  put(contents: ArrayBufferView, shift = 0): Address {
    const { buffer, byteOffset, byteLength } = contents;
    const start = this.#reserve(byteLength, shift, SAME_IN_BOTH);
    this.before.set(new Uint8Array(buffer, byteOffset, byteLength), start);
    return this.#begin + start;
  }

  room(byteLength: number, shift = 0): Address {
    const start = this.#reserve(byteLength, shift, SAME_IN_BOTH);
    // Small numbers, whether they are read as integers or as float32.
    this.before.fill(0x11, start, start + byteLength);
    return this.#begin + start;
  }

  scratch(byteLength: number): Address {
    return this.#begin + this.#reserve(byteLength, 0, ANYTHING);
  }

  /** Says which array a byte belongs to, or follows. */
  describe(index: number): string {
    const array = this.#starts.findLastIndex((start) => start <= index);
    if (array < 0) return "memory before the first array";
    return `byte ${index - this.#starts[array]!} after the start of array ${array}`;
  }

  #reserve(byteLength: number, shift: number, rule: number): number {
    const start = Math.ceil((this.#used + GUARD_BYTES) / 16) * 16 + shift;
    const end = start + byteLength;
    const tail = Math.ceil(end / this.#roundsUpTo) * this.#roundsUpTo;
    this.#used = tail;
    requireThat(this.length <= this.before.length, "The arrays do not fit into the memory");
    this.rules.fill(rule, start, end);
    this.rules.fill(ANYTHING, end, tail);
    // What a kernel computes past the end should be harmless, as it is in a network.
    this.before.fill(0, end, tail);
    this.#starts.push(start);
    return start;
  }
}

function requireThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new TributaryError("INTERNAL", otherwise);
}
