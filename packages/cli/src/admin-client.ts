import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TributaryError, isTributaryError } from "@tributary/protocol";

/** What `serve` leaves in its data folder so that other commands find it. */
interface AdminAddress {
  readonly url: string;
  readonly token?: string;
  readonly certPath?: string;
}

const FILE = "admin.json";

/**
 * Says in the data folder where its server's admin API is.
 * @returns Takes it back, when the server stops.
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
 * The admin API's address: as given, else as the server that runs on `dataDir` has left it.
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
    throw new TributaryError("ADMIN_UNREACHABLE", `No server is known in ${options.dataDir}`, {
      remedy: "Start one with `tributary serve`, or give the address of one with --admin.",
      cause: error,
    });
  }
}

/** Speaks to a server's admin API. */
export class AdminClient {
  readonly #address: AdminAddress;

  constructor(address: AdminAddress) {
    this.#address = address;
  }

  get certPath(): string | undefined {
    return this.#address.certPath;
  }

  /** @throws TributaryError as the server says, or `ADMIN_UNREACHABLE`. */
  async json<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await this.#fetch(path, init);
    try {
      return (await response.json()) as Answer;
    } catch (error) {
      throw noAdminApi(response.url, response.status, error);
    }
  }

  async bytes(path: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.#fetch(path, {})).arrayBuffer());
  }

  post<Answer>(path: string, body: object | FormData = {}): Promise<Answer> {
    return this.json(path, {
      method: "POST",
      ...(body instanceof FormData
        ? { body }
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  }

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
        remedy: "Start the server with `tributary serve`, or give its address with --admin.",
        cause: error,
      });
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}

async function errorOf(response: Response): Promise<TributaryError> {
  const { status, url } = response;
  const body: unknown = await response.json().catch(() => undefined);
  const error =
    typeof body === "object" && body !== null && "error" in body ? body.error : undefined;
  const told = (typeof error === "object" && error !== null ? error : {}) as {
    code?: string;
    message?: string;
    remedy?: string;
    context?: Record<string, string>;
  };
  const known = Object.assign(new Error(), { name: "TributaryError", code: told.code });
  if (!isTributaryError(known) || told.message === undefined) throw noAdminApi(url, status);
  const { message, context = {} } = told;
  const remedy =
    known.code === "ADMIN_UNAUTHORIZED"
      ? "Give a token of the server's admin API, by --token or TRIBUTARY_ADMIN_TOKEN."
      : told.remedy;
  return new TributaryError(known.code, message, {
    context,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function noAdminApi(url: string, status: number, cause?: unknown): TributaryError {
  return new TributaryError(
    "ADMIN_UNREACHABLE",
    `${url} answers with status ${status}, and not as an admin API does`,
    { remedy: "Give the address that `tributary serve` prints with --admin.", cause },
  );
}
