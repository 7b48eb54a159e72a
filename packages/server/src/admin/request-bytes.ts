import type { IncomingMessage } from "node:http";
import { TributaryError, asTributaryError, utf8Decode } from "@tributary/protocol";

/** Bytes of the first buffer. */
const FIRST_CAPACITY = 65_536;

/**
 * Gathers bytes that arrive in pieces, up to a limit. It uses at most twice the memory of what has
 * arrived.
 */
export class ByteGatherer {
  readonly #maxBytes: number;
  readonly #what: string;
  #buffer: Uint8Array = new Uint8Array(0);
  #length = 0;

  /** @param what - The name of the content, with which an error's sentence begins. */
  constructor(maxBytes: number, what: string) {
    this.#maxBytes = maxBytes;
    this.#what = what;
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Adds a piece to the bytes.
   * @param piece - Copied; not modified.
   * @throws TributaryError `ADMIN_BODY_TOO_LARGE` when the limit would be exceeded. The piece is
   *   not added then.
   */
  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#maxBytes) throw tooLarge(this.#what, this.#maxBytes);
    if (length > this.#buffer.length) {
      const capacity = Math.max(length, 2 * this.#buffer.length, FIRST_CAPACITY);
      const grown = new Uint8Array(Math.min(capacity, this.#maxBytes));
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = length;
  }

  /** The bytes so far. This is a view that is no longer valid once another piece has been added. */
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}

/** The error for content that exceeds its limit. */
export function tooLarge(what: string, maxBytes: number): TributaryError {
  return new TributaryError("ADMIN_BODY_TOO_LARGE", `${what} is longer than ${maxBytes} bytes`, {
    remedy: "Send less.",
    context: { maxBytes },
  });
}

/**
 * The content type of a request in lower case, without its parameters; empty when there is none.
 */
export function contentTypeOf(request: IncomingMessage): string {
  return (request.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
}

/**
 * Reads a JSON body.
 * @returns The value; an empty object for an empty body.
 * @throws TributaryError `ADMIN_BODY_TYPE`, `ADMIN_BODY_TOO_LARGE` or `BAD_PARAMETER`.
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  // A page of another origin must ask before it may send this content type, and is refused.
  if (contentTypeOf(request) !== "application/json") {
    throw unknownType('Send the header "content-type: application/json".');
  }
  refuseEncodings(request);
  const gatherer = new ByteGatherer(maxBytes, "The request's body");
  await eachPiece(request, (piece) => gatherer.add(piece));
  return gatherer.length === 0 ? {} : parseJson(gatherer.bytes(), "The request's body");
}

/**
 * Passes the body's pieces on as they arrive. A refused body is read to its end and dropped,
 * because many clients read the answer only after they have sent everything.
 */
export function eachPiece(
  request: IncomingMessage,
  take: (piece: Uint8Array) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      request.off("data", onData);
      request.resume();
      reject(asTributaryError(error, "BAD_PARAMETER", "The request's body could not be read"));
    };
    const onData = (piece: Uint8Array): void => {
      try {
        take(piece);
      } catch (error) {
        fail(error);
      }
    };
    request.on("data", onData);
    request.once("end", resolve);
    request.once("error", fail);
    request.once("close", () => fail(cutShort()));
    if (request.destroyed) fail(cutShort());
  });
}

export function cutShort(): TributaryError {
  return new TributaryError("BAD_PARAMETER", "The request ended before its body was complete", {
    remedy: "Send it again.",
  });
}

/** @throws TributaryError `BAD_PARAMETER`. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(utf8Decode(bytes));
  } catch (error) {
    throw new TributaryError("BAD_PARAMETER", `${what} is not JSON in UTF-8`, {
      remedy: "Correct it. `jq .` shows the place of the first error.",
      cause: error,
    });
  }
}

/** Compressed bodies are refused: they could be a thousand times as long as they claim. */
export function refuseEncodings(request: IncomingMessage): void {
  if ((request.headers["content-encoding"] ?? "identity") === "identity") return;
  throw unknownType("Send the body without a content encoding.");
}

export function unknownType(remedy: string): TributaryError {
  return new TributaryError(
    "ADMIN_BODY_TYPE",
    "The request's body has a type that the route does not take",
    {
      remedy,
    },
  );
}
