import { parseDocument } from "yaml";
import { TributaryError, canonicalize } from "@tributary/protocol";

/** Values of an experiment file by the path of their key, such as `plan.optimizer.learningRate`. */
export type Settings = Readonly<Record<string, unknown>>;

/**
 * Reads a setting as it is typed: `round.goalCount=10`. The value is YAML, so that numbers, lists and
 * objects can be given.
 * @throws TributaryError `BAD_PARAMETER` when it is not of that form.
 */
export function parseSetting(text: string): readonly [path: string, value: unknown] {
  const at = text.indexOf("=");
  const path = text.slice(0, at).trim();
  const document = parseDocument(text.slice(at + 1));
  if (at < 1 || !/^[\w-]+(\.[\w-]+)*$/.test(path) || document.errors.length > 0) {
    throw new TributaryError("BAD_PARAMETER", `The setting ${JSON.stringify(text)} is not valid`, {
      remedy: "Write KEY=VALUE, such as round.goalCount=10 or partition.name=iid.",
    });
  }
  return [path, document.toJS()];
}

/**
 * Changes values of an experiment file.
 * @param value - Not modified.
 * @returns A copy with the settings in it. Sections that are not there are made.
 * @throws TributaryError `CONFIG_INVALID` when a part of a path is there and is no section.
 */
export function withSettings(value: object, settings: Settings): object {
  return Object.entries(settings).reduce<object>(
    (changed, [path, set]) => withSetting(changed, path, path.split("."), set),
    value,
  );
}

function withSetting(
  section: object,
  path: string,
  [key, ...rest]: readonly string[],
  set: unknown,
): object {
  if (key === undefined) return section;
  if (rest.length === 0) return { ...section, [key]: set };
  const inner: unknown = Reflect.get(section, key) ?? {};
  if (typeof inner !== "object" || inner === null || Array.isArray(inner)) {
    throw new TributaryError("CONFIG_INVALID", `${path} cannot be set: ${key} is no section`, {
      remedy: `Set ${key} as a whole: ${key}={…}.`,
      context: { path },
    });
  }
  return { ...section, [key]: withSetting(inner, path, rest, set) };
}

/** Settings as a person reads them: `plan.batchSize=10, plan.localEpochs=5`; empty for none. */
export function describeSettings(settings: Settings): string {
  return Object.entries(settings)
    .map(([path, value]) => `${path}=${typeof value === "string" ? value : canonicalize(value)}`)
    .join(", ");
}
