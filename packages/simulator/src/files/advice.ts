import { TributaryError, clauseOf, type ErrorCode } from "@tributary/protocol";

/** What a person can set who has a table read, or results stored. */
export type Setting =
  | "delimiter"
  | "header"
  | "encoding"
  | "decimalMark"
  | "missing"
  | "label"
  | "labelKind"
  | "classes"
  | "features"
  | "ignore"
  | "categories"
  | "incomplete"
  | "out"
  | "resume";

/** A setting that advice speaks of, and the value that it should have, if that is known. */
export interface SettingUse {
  readonly setting: Setting;
  readonly value?: string | number | boolean;
}

/**
 * What a person can do about an error. Whoever calls the library has names of their own for its
 * settings: options of a command, keys of a file. So these stand in the text for themselves.
 */
export type Advice = readonly (string | number | SettingUse)[];

/** The name of a setting, and its value, in the words of a caller. */
export type SettingWords = (use: SettingUse) => string;

/** Refers to a setting in advice. */
export const setting = (name: Setting, value?: string | number | boolean): SettingUse =>
  value === undefined ? { setting: name } : { setting: name, value };

/** Advice as a template: advise`Leave the column out with ${setting("ignore", name)}.` */
export const advise = (
  texts: TemplateStringsArray,
  ...parts: readonly (string | number | SettingUse | Advice)[]
): Advice => texts.flatMap((text, index) => [text, parts[index] ?? ""].flat());

const LISTS: readonly Setting[] = ["missing", "classes", "features", "ignore", "categories"];

/** The names that the library itself has for its settings. */
export const settingWords: SettingWords = ({ setting: name, value }) => {
  if (value === undefined) return name;
  const shown = /^[\w-]+$/.test(String(value)) ? String(value) : JSON.stringify(value);
  return `${name}: ${LISTS.includes(name) ? `[${shown}]` : shown}`;
};

/** Advice as text. @param words - Of the caller; those of the library if left out. */
export const adviceText = (advice: Advice, words: SettingWords = settingWords): string =>
  advice.map((part) => (typeof part === "object" ? words(part) : part)).join("");

interface AdvisedErrorOptions {
  readonly advice: Advice;
  readonly context?: TributaryError["context"];
  readonly cause?: unknown;
}

/** An error whose remedy names settings, so that each caller can word it anew. */
export class AdvisedError extends TributaryError {
  readonly advice: Advice;

  constructor(code: ErrorCode, message: string, { advice, ...options }: AdvisedErrorOptions) {
    super(code, message, { remedy: adviceText(advice), ...options });
    this.advice = advice;
  }
}

/** The same error with settings in the words of a caller, if its remedy names some. */
export function inWordsOf(error: unknown, words: SettingWords): unknown {
  if (!(error instanceof AdvisedError)) return error;
  const { code, context, advice } = error;
  const remedy = adviceText(advice, words);
  return new TributaryError(code, clauseOf(error), { remedy, context, cause: error });
}
