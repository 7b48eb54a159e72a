import { TributaryError, clauseOf } from "@tributary/protocol";

/** What the section `data` of an experiment has for each option of commands that read tables. */
const KEYS: Readonly<Record<string, string>> = {
  "--drop-incomplete": "data.incomplete: drop",
  "--fill-missing": "data.incomplete: mean",
  "--no-header": "data.header: false",
  "--header": "data.header: true",
  "--values": "data.labelKind: value",
  "--decimal-mark": "data.decimalMark",
  ...Object.fromEntries(
    [
      "ignore",
      "missing",
      "categories",
      "classes",
      "features",
      "label",
      "delimiter",
      "encoding",
    ].map((key) => [`--${key}`, `data.${key}`]),
  ),
};

/** The same error, whose remedy names keys of an experiment in place of options. */
export function withKeysForOptions(error: TributaryError): TributaryError {
  const remedy = error.remedy?.replaceAll(/--[a-z-]+/g, (option) => KEYS[option] ?? option);
  if (remedy === undefined || remedy === error.remedy) return error;
  const { code, context } = error;
  return new TributaryError(code, clauseOf(error), { remedy, context, cause: error });
}
