/** Where the page takes part, and as whom. */
export interface Settings {
  /** The gateway's address. */
  readonly url: string;
  /** The key that the server prints: `tributary-key-v1:…`. */
  readonly serverKey: string;
  readonly population: string;
  /** Which writer this page is: the same number is the same hand and the same digits. */
  readonly seed: number;
}

export const WRITERS = 1_000_000;

const DEFAULTS = { url: "ws://127.0.0.1:8444", serverKey: "", population: "demo" };

/**
 * Reads `?url=…&serverKey=…&population=…&seed=…`; what is missing or empty gets its default.
 * @param anyWriter - A writer's number for a page that names none.
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

/** The query that `settingsFromQuery` reads these from. */
export function queryFromSettings(settings: Settings): URLSearchParams {
  return new URLSearchParams(
    Object.entries(settings).map(([name, value]) => [name, String(value)]),
  );
}

export function sameSettings(a: Settings, b: Settings): boolean {
  return queryFromSettings(a).toString() === queryFromSettings(b).toString();
}

/** A number from the platform's cryptographic source, below `WRITERS`. */
export function anyWriter(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word % WRITERS;
}
