import type { IncomingMessage } from "node:http";
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { TributaryError, asTributaryError, type ProtocolConstants } from "@tributary/protocol";
import { ByteGatherer, cutShort, parseJson, refuseEncodings, tooLarge } from "./request-bytes.ts";

/** The parts of an uploaded task. */
export interface ModelUpload {
  /** JSON of the part `task`. */
  readonly task: unknown;
  /** JSON of the part `model`. */
  readonly model: unknown;
  /** The parts `weights`, by file name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * The largest number of parts in a form. tfjs splits weights into files of 4 MiB, so that the
 * largest model needs a sixteenth of this.
 */
const MAX_PARTS = 1_024;
/** The largest number of headers of one part, and the largest size of all of them. */
const MAX_PART_HEADERS = 16;
const MAX_PART_HEADER_BYTES = 8_192;

/**
 * Reads a multipart/form-data body into memory: the parts `task` and `model` once each and
 * `weights` for each file that the model's manifest names, in any order.
 * @param constants - `maxPlanBytes` bounds `task` and `model`, `maxParameters` all of `weights`.
 * @throws TributaryError `BAD_PARAMETER`, `ADMIN_BODY_TOO_LARGE` or `ADMIN_BODY_TYPE`.
 */
export async function readModelUpload(
  request: IncomingMessage,
  constants: ProtocolConstants,
): Promise<ModelUpload> {
  refuseEncodings(request);
  const parts = new UploadedParts(constants);
  await parseForm(request, parts);
  return parts.finish();
}

/** Gathers the parts of a form and checks their names, their number and their sizes. */
class UploadedParts {
  readonly #constants: ProtocolConstants;
  readonly #files: Map<string, ByteGatherer> = new Map();
  #task: ByteGatherer | undefined;
  #model: ByteGatherer | undefined;
  #weightBytes = 0;

  constructor(constants: ProtocolConstants) {
    this.#constants = constants;
  }

  /**
   * Begins a part.
   * @returns A function that takes the part's bytes, piece by piece.
   * @throws TributaryError `BAD_PARAMETER` when the form may not have such a part.
   */
  begin(name: string | undefined, fileName: string | undefined): (piece: Uint8Array) => void {
    const jsonPart = (): ByteGatherer =>
      new ByteGatherer(this.#constants.maxPlanBytes, `The part ${name}`);
    if (name === "task" && this.#task === undefined) {
      const part = (this.#task = jsonPart());
      return (piece) => part.add(piece);
    }
    if (name === "model" && this.#model === undefined) {
      const part = (this.#model = jsonPart());
      return (piece) => part.add(piece);
    }
    if (name === "weights" && fileName !== undefined && !this.#files.has(fileName)) {
      return this.#beginWeights(fileName);
    }
    throw refused(name, fileName);
  }

  finish(): ModelUpload {
    const json = (part: ByteGatherer | undefined, name: string): unknown => {
      if (part === undefined) {
        throw new TributaryError("BAD_PARAMETER", `The form has no part ${name}`, {
          remedy: "Send the parts task, model and weights.",
          context: { part: name },
        });
      }
      return parseJson(part.bytes(), `The part ${name}`);
    };
    return {
      task: json(this.#task, "task"),
      model: json(this.#model, "model"),
      files: new Map([...this.#files].map(([name, part]) => [name, part.bytes()])),
    };
  }

  #beginWeights(fileName: string): (piece: Uint8Array) => void {
    const maxBytes = 4 * this.#constants.maxParameters;
    const part = new ByteGatherer(maxBytes, `The file ${fileName.slice(0, 120)}`);
    this.#files.set(fileName, part);
    return (piece) => {
      this.#weightBytes += piece.length;
      if (this.#weightBytes > maxBytes) throw tooLarge("The model", maxBytes);
      part.add(piece);
    };
  }
}

function parseForm(request: IncomingMessage, parts: UploadedParts): Promise<void> {
  return new Promise((resolve, reject) => {
    const form = openForm(request);
    let failed = false;
    const fail = (error: unknown): void => {
      if (failed) return;
      failed = true;
      request.unpipe(form);
      // The rest of the request is read and dropped, because many senders read the answer only
      // after they have sent everything.
      request.resume();
      reject(asTributaryError(error, "BAD_PARAMETER", "The form is not valid multipart/form-data"));
    };
    form.on("file", (name, stream: BusboyFileStream, fileName) => {
      stream.on("error", fail);
      let take: ((piece: Uint8Array) => void) | undefined;
      stream.on("data", (piece: Uint8Array) => {
        if (failed) return;
        try {
          take?.(piece);
        } catch (error) {
          fail(error);
        }
      });
      try {
        take = parts.begin(name, fileName);
      } catch (error) {
        fail(error);
      }
    });
    form.on("partsLimit", () => fail(tooManyParts()));
    form.on("error", fail);
    form.on("finish", () => {
      if (!failed) resolve();
    });
    request.once("error", fail);
    request.once("close", () => {
      if (!request.readableEnded) fail(cutShort());
    });
    // If the sender has gone while the upload waited for its turn, no further event says so.
    if (request.destroyed) fail(cutShort());
    request.pipe(form);
  });
}

function openForm(request: IncomingMessage): InstanceType<typeof Busboy> {
  const contentType = request.headers["content-type"] ?? "";
  try {
    return new Busboy({
      headers: { ...request.headers, "content-type": contentType },
      // Manifests may name files in folders.
      preservePath: true,
      // Every part is delivered as a stream, so that it is buffered here only.
      isPartAFile: () => true,
      limits: {
        parts: MAX_PARTS,
        headerPairs: MAX_PART_HEADERS,
        headerSize: MAX_PART_HEADER_BYTES,
      },
    });
  } catch (error) {
    throw asTributaryError(error, "BAD_PARAMETER", "The form's content type is not valid");
  }
}

function refused(name: string | undefined, fileName: string | undefined): TributaryError {
  const what = `${name ?? ""}${fileName === undefined ? "" : ` (${fileName})`}`.slice(0, 120);
  return new TributaryError(
    "BAD_PARAMETER",
    `The form's part ${what} is unknown, has no name, or was sent twice`,
    {
      remedy:
        "Send the parts task and model once, and weights once for each weight file, " +
        "with its file name.",
      context: { part: what },
    },
  );
}

function tooManyParts(): TributaryError {
  return new TributaryError("ADMIN_BODY_TOO_LARGE", `The form has more than ${MAX_PARTS} parts`, {
    remedy: "Save the model with fewer weight files.",
    context: { maxParts: MAX_PARTS },
  });
}
