import { advise, setting, type Advice } from "../files/advice.ts";
import { faultAt, shown, type PlacedCell } from "./column-values.ts";

/** A form of texts that are neither numbers nor categories, what they are, and what to do. */
interface OtherForm {
  readonly form: RegExp;
  readonly what: string;
  readonly remedy: string | Advice;
}

const DATE_REMEDY =
  "Leave the column out, or write a number in its place, such as the days since another date.";
const OR_CATEGORIES = advise`If the texts are categories, say so with ${setting("categories")}.`;
const MONTH =
  "(?:jan(?:uary?|uar)?|feb(?:ruary?|ruar)?|mar(?:ch)?|m[aä]rz|apr(?:il)?|ma[yi]|jun[ei]?|jul[yi]?|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\\.?";
const UNITS =
  "kg|mg|µg|g|lbs?|oz|km|cm|mm|m|ft|in|mi|ml|l|ms|s|secs?|min|hrs?|h|days?|weeks?|months?|mos?|years?|yrs?|°[CF]?|k|K|M|mio|bn|mmHg|bpm|kWh|kW|W|V|A|Hz|px|[kKMGT]B|‰|pt";

const OTHER_FORMS: readonly OtherForm[] = [
  {
    form: /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]\d{1,2}:\d{2}.*)?$|^\d{4}年\d{1,2}月/,
    what: "a date",
    remedy: DATE_REMEDY,
  },
  {
    form: new RegExp(
      `^(?:\\p{L}{2,9}\\.?,? )?(?:\\d{1,2}\\.?[- ]?)?${MONTH}[- ']?(?:\\d{1,2}, ?)?(?:\\d{4}|\\d{2})(?: .*)?$`,
      "iu",
    ),
    what: "a date",
    remedy: DATE_REMEDY,
  },
  {
    form: /^(?:19|20)\d{2}[-/](?:0?[1-9]|1[0-2])$|^(?:19|20)\d{2}[- ]?[QWHqwh]\d{1,2}$/,
    what: "a date",
    remedy: advise`${DATE_REMEDY} ${OR_CATEGORIES}`,
  },
  {
    form: /^\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?$/,
    what: "a time",
    remedy:
      "Leave the column out, or write a number in its place, such as the minutes since midnight.",
  },
  {
    form: /^[+-]?\d{1,3}(?:[,.'’_\s]\d{3})+(?:[.,]\d+)?$|^[+-]?\d{1,2}(?:,\d{2})+,\d{3}$|^[+-]?\d+,\d+$/,
    what: "a number with other marks than a decimal point",
    remedy: advise`Write numbers with a decimal point and without marks between thousands, or say so with ${setting("decimalMark", ",")} if all of them have decimal commas.`,
  },
  {
    form: /^[+-]?(?:\p{Sc}|USD|EUR|GBP|CHF|JPY) ?[+-]?[\d.,]+$|^[+-]?[\d.,]+ ?(?:\p{Sc}|%|USD|EUR|GBP|CHF|JPY)$/u,
    what: "a number with a sign",
    remedy: "Write the number without the sign.",
  },
  {
    form: /^\(\p{Sc}?[\d.,]+\)$|^[\d.,]+-$|^- \d|^[\u2212\u2013]\p{Sc}?[\d.,]+$/u,
    what: "a negative number in another form",
    remedy: "Write it with a hyphen before its digits, as in -5.",
  },
  {
    form: new RegExp(`^[+-]?\\d+(?:[.,]\\d+)? ?(?:${UNITS})$`, "u"),
    what: "a number with a unit",
    remedy: advise`Write the number without the unit. ${OR_CATEGORIES}`,
  },
  {
    form: /^0x[\da-f]+$|^\d+(?:\.\d+)?[Dd][+-]\d+$/i,
    what: "a number in another form",
    remedy: advise`Write the number in decimal digits. ${OR_CATEGORIES}`,
  },
  {
    form: /^\d+ ?\/ ?\d+$/,
    what: "two numbers",
    remedy: advise`Write a column for each of them, or what they come to. ${OR_CATEGORIES}`,
  },
  {
    form: /^(?=.*[^\p{ASCII}])[+-]?[\p{Nd}.,]+$/u,
    what: "a number in other digits",
    remedy: "Write numbers with the digits 0 to 9.",
  },
];

/** @throws TributaryError `DATA_UNREADABLE` when a text is a date or another form of number. */
export function refuseOtherTexts(word: PlacedCell, column: string): void {
  const other = OTHER_FORMS.find(({ form }) => form.test(word.cell));
  if (other === undefined) return;
  throw faultAt(word, column, `has ${shown(word)}, which is ${other.what},`, other.remedy);
}
