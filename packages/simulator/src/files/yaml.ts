import { readFile } from "node:fs/promises";
import { parseDocument, stringify } from "yaml";
import { TributaryError, type ErrorCode } from "@tributary/protocol";

/**
 * Reads a configuration file. It is YAML or JSON, which is also YAML.
 * @throws TributaryError `CONFIG_INVALID`, which names the file and the place of the fault.
 */
export async function readYamlFile(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new TributaryError("CONFIG_INVALID", `The file ${path} cannot be read`, {
      remedy: "Give the path of a YAML file that this user may read.",
      cause: error,
    });
  }
  return parseYaml(text, path, "CONFIG_INVALID");
}

/** Writes a value as YAML. What `parseYaml` reads of it is equal to the value. */
export function yamlText(value: object): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

/**
 * Reads the one YAML document of a text.
 * @param path - The file that the text is from, for errors.
 * @param code - The code of the error.
 * @throws TributaryError with `code` when the text is not one YAML document. The message says what
 *   is wrong, and `context` has the file, the line and the column.
 */
export function parseYaml(text: string, path: string, code: ErrorCode): unknown {
  // With the warnings: a tag that nobody knows would become a text without a word.
  const document = parseDocument(text.replace(/^\uFEFF/, ""), { prettyErrors: true });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault === undefined) return readDocument(document, path, code);
  const { line = 1, col: column = 1 } = fault.linePos?.[0] ?? {};
  throw notYaml(path, code, `line ${line}, column ${column}`, reasonOf(fault.code, fault.message), {
    line,
    column,
  });
}

/** What the library's message says, without the place and the excerpt that come after it. */
function reasonOf(code: string, message: string): string {
  if (code === "MULTIPLE_DOCS") return "A second document begins here, and the file holds one";
  if (code === "DUPLICATE_KEY") return "The key stands there for the second time";
  if (code === "TAB_AS_INDENT") return "A tab indents the line, and YAML takes only spaces";
  return (message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "");
}

/** Resolves anchors and aliases, of which a hostile file may have very many. */
function readDocument(
  document: ReturnType<typeof parseDocument>,
  path: string,
  code: ErrorCode,
): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw notYaml(
      path,
      code,
      "its aliases",
      error instanceof Error ? error.message : "",
      {},
      error,
    );
  }
}

function notYaml(
  path: string,
  code: ErrorCode,
  where: string,
  reason: string,
  place: Readonly<Record<string, number>>,
  cause?: unknown,
): TributaryError {
  return new TributaryError(code, `The file ${path} is not YAML (${where}: ${reason})`, {
    remedy: "Correct that place of the file.",
    context: { file: path, ...place },
    cause,
  });
}
