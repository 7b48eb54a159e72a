import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TributaryError, fromPlain, isErrorCode, isTributaryError } from "@tributary/protocol";

/** What a server leaves in its data folder, so that other commands find its admin API. */
interface AdminAddress {
  readonly url: string;
  readonly token?: string;
  readonly certPath?: string;
}

const FILE = "admin.json";

/**
 * Writes the address of a server's admin API into the server's data folder.
 * @returns A function that removes the address again. Call it when the server stops.
 */
export async function announceAdmin(
  dataDir: string,
  address: AdminAddress,
): Promise<() => Promise<void>> {
  const path = join(dataDir, FILE);
  await writeFile(path, `${JSON.stringify(address)}\n`, { mode: 0o600 });
  return () => rm(path, { force: true });
}

/**
 * Finds the admin API: the address that the user has given, or else the address that a running
 * server has written into its data folder.
 * @throws TributaryError `ADMIN_UNREACHABLE` when there is neither.
 */
export async function findAdmin(options: {
  readonly admin?: string;
  readonly token?: string;
  readonly dataDir: string;
}): Promise<AdminAddress> {
  const token = options.token ?? process.env["TRIBUTARY_ADMIN_TOKEN"];
  if (options.admin !== undefined) {
    return { url: options.admin, ...(token === undefined ? {} : { token }) };
  }
  try {
    const kept = JSON.parse(await readFile(join(options.dataDir, FILE), "utf8")) as AdminAddress;
    return token === undefined ? kept : { ...kept, token };
  } catch (error) {
    throw new TributaryError(
      "ADMIN_UNREACHABLE",
      `No server is running with the data folder ${options.dataDir}`,
      {
        remedy:
          "Start one with `tributary serve`, or give the address of its admin API with --admin.",
        cause: error,
      },
    );
  }
}

/** Sends requests to a server's admin API. */
export class AdminClient {
  readonly #address: AdminAddress;

  constructor(address: AdminAddress) {
    this.#address = address;
  }

  /** The file with the server's own TLS certificate, if the server said so in its data folder. */
  get certPath(): string | undefined {
    return this.#address.certPath;
  }

  /**
   * Requests a path and parses the answer. The caller says which type the answer has.
   * @throws TributaryError With the code that the server answers, or `ADMIN_UNREACHABLE`.
   */
  async json<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await this.#fetch(path, init);
    try {
      return (await response.json()) as Answer;
    } catch (error) {
      throw noAdminApi(response.url, response.status, error);
    }
  }

  /** Asks for a route's answer as bytes. */
  async bytes(path: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.#fetch(path, {})).arrayBuffer());
  }

  /** Sends an order, with a body of JSON or a form, and returns the answer. */
  post<Answer>(path: string, body: object | FormData = {}): Promise<Answer> {
    return this.json(path, { method: "POST", ...contentOf(body) });
  }

  /**
   * Sends an order that the server carries out once, however often it arrives. When the connection
   * is lost before the answer is there, it is sent once more.
   * @param key - The idempotency key of the order.
   */
  async postOnce<Answer>(path: string, body: object | FormData, key: string): Promise<Answer> {
    const { headers, ...content } = contentOf(body);
    const send = (): Promise<Answer> =>
      this.json(path, {
        method: "POST",
        ...content,
        headers: { ...headers, "idempotency-key": key },
      });
    try {
      return await send();
    } catch (error) {
      if (!isTributaryError(error, "ADMIN_UNREACHABLE")) throw error;
      return send();
    }
  }

  /** Replaces what a route holds by a body of JSON, and returns the answer. */
  put<Answer>(path: string, body: object): Promise<Answer> {
    return this.json(path, {
      method: "PUT",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const { url, token } = this.#address;
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    let response: Response;
    try {
      response = await fetch(new URL(path, url), { ...init, headers });
    } catch (error) {
      throw new TributaryError("ADMIN_UNREACHABLE", `The admin API at ${url} does not answer`, {
        remedy:
          "Start the server with `tributary serve`, or give the address of its admin API with --admin.",
        cause: error,
      });
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}

/** A body and the headers that describe it. */
function contentOf(body: object | FormData): {
  readonly body: string | FormData;
  readonly headers: Readonly<Record<string, string>>;
} {
  return body instanceof FormData
    ? { body, headers: {} }
    : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

/** Reads the error that a server has answered with. */
async function errorOf(response: Response): Promise<TributaryError> {
  const { status, url } = response;
  const body: unknown = await response.json().catch(() => undefined);
  const error =
    typeof body === "object" && body !== null && "error" in body ? body.error : undefined;
  const told = typeof error === "object" && error !== null ? error : {};
  // Any server may answer with an error of some form; only an admin API knows these codes.
  if (!("code" in told && isErrorCode(told.code) && "message" in told)) {
    throw noAdminApi(url, status);
  }
  return fromPlain(
    told.code === "ADMIN_UNAUTHORIZED"
      ? {
          ...told,
          remedy:
            "Give a token of this server's admin API, with --token or in TRIBUTARY_ADMIN_TOKEN.",
        }
      : told,
  );
}

function noAdminApi(url: string, status: number, cause?: unknown): TributaryError {
  return new TributaryError(
    "ADMIN_UNREACHABLE",
    `${url} answered with status ${status}, but it is not an admin API`,
    {
      remedy: "With --admin, give the address of the admin API that `tributary serve` prints.",
      cause,
    },
  );
}
