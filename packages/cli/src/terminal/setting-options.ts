import { inWordsOf, type SettingUse } from "@tributary/simulator/names";

/** The options for settings whose value is a part of the option. */
const WHOLE: Readonly<Record<string, string>> = {
  "header true": "--header",
  "header false": "--no-header",
  "labelKind value": "--values",
  "incomplete drop": "--drop-incomplete",
  "incomplete mean": "--fill-missing mean",
  "resume true": "--resume",
};

/** How a person gives a setting of the library on the command line. */
export function settingOption({ setting, value }: SettingUse): string {
  const whole = WHOLE[`${setting} ${value}`];
  if (whole !== undefined) return whole;
  const option = `--${setting.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (value === undefined) return option;
  const text = String(value);
  const shown = /^[\p{L}\p{N}_.,-]+$/u.test(text) ? text : JSON.stringify(text);
  // A value that begins with a hyphen would be taken for an option.
  return `${option}${shown.startsWith("-") ? "=" : " "}${shown}`;
}

/** Does some work, and has its error name options: for errors that are shown and do not end the command. */
export function namingOptions<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw inWordsOf(error, settingOption);
  }
}
