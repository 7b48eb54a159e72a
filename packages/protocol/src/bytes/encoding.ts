// Text, hexadecimal digits and byte strings, without `Buffer`, which browsers lack.
import { TributaryError } from "../errors.ts";

// Made when they are first needed: a phone gets them from a package of the app, or an error that
// says so.
let encoder: TextEncoder | undefined;
let strictDecoder: TextDecoder | undefined;

/** Up to so many characters, a loop is faster than the call of the platform's encoder. */
const SHORT = 48;

/** Encodes text as UTF-8. Half of a surrogate pair becomes U+FFFD. */
export function utf8(text: string): Uint8Array {
  const ascii = text.length <= SHORT ? asciiBytes(text) : undefined;
  return ascii ?? (encoder ??= new TextEncoder()).encode(text);
}

/** The bytes of a text; undefined when it has characters that are not ASCII. */
function asciiBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

/**
 * Decodes UTF-8.
 * @throws TypeError when the bytes are not UTF-8.
 */
export function utf8Decode(bytes: Uint8Array): string {
  // `fatal` makes it throw instead of replacing bytes, and `ignoreBOM` keeps a leading byte order
  // mark.
  strictDecoder ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return strictDecoder.decode(bytes);
}

/** The two digits of each byte. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** Writes bytes as lowercase hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/**
 * Reads hexadecimal digits of either case.
 * @returns New bytes.
 * @throws TributaryError `BAD_PARAMETER` unless the text is an even number of hexadecimal digits.
 */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new TributaryError("BAD_PARAMETER", "The text is not hexadecimal", {
      remedy: "Give an even number of digits from 0-9 and a-f.",
    });
  }
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}

/** Joins byte strings into a new one. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
