/** The server with which the page takes part, and the writer that it is. */
export interface Settings {
  /** The address of the server's gateway. */
  readonly url: string;
  /** The key to pin, as the server prints it: `tributary-key-v1:…`. */
  readonly serverKey: string;
  readonly population: string;
  /** The number of the writer. The same number gives the same handwriting and the same digits. */
  readonly seed: number;
}

/** A page that names no writer draws a number below this. */
export const WRITERS = 1_000_000;

const DEFAULTS = { url: "ws://127.0.0.1:8444", serverKey: "", population: "demo" };

/**
 * Reads the settings from `?url=…&serverKey=…&population=…&seed=…`. A setting that is missing or
 * empty gets its default.
 * @param anyWriter - The number of the writer for a page that names none.
 */
export function settingsFromQuery(query: URLSearchParams, anyWriter: number): Settings {
  const given = (name: keyof typeof DEFAULTS): string => query.get(name)?.trim() || DEFAULTS[name];
  const seed = Number(query.get("seed") ?? "");
  return {
    url: given("url"),
    serverKey: given("serverKey"),
    population: given("population"),
    seed: query.has("seed") && Number.isSafeInteger(seed) && seed >= 0 ? seed : anyWriter,
  };
}

/** Makes the query from which `settingsFromQuery` reads the same settings. */
export function queryFromSettings(settings: Settings): URLSearchParams {
  return new URLSearchParams(
    Object.entries(settings).map(([name, value]) => [name, String(value)]),
  );
}

/** Whether all settings are the same. */
export function sameSettings(a: Settings, b: Settings): boolean {
  return queryFromSettings(a).toString() === queryFromSettings(b).toString();
}

/** Draws the number of a writer, below `WRITERS`, from the platform's cryptographic source. */
export function anyWriter(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word % WRITERS;
}
