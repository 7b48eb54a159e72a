import { areCounts, sumOf, type Basis, type BasisValues } from "./basis.ts";

/** The number of bins that scores are counted in. */
const BINS = 128;

/**
 * Bins have equal widths in asinh(x / 4), where x is ln(p / (1 − p)), and the outer ones take all
 * beyond −32 and 32. They are narrow around p = ½, and still tell 1e-13 from 1e-12: all scores of a
 * class that is rare lie there.
 */
const UNIT_LOGIT = 4;
const LARGEST_LOGIT = 32;

/** The bin of a score, from 0 to 127. Scores are probabilities; those beyond 0 and 1 count as these. */
export function binOfScore(score: number): number {
  if (!(score > 0)) return 0;
  if (score >= 1) return BINS - 1;
  const logit = Math.log(score / (1 - score));
  const place = Math.asinh(logit / UNIT_LOGIT) / Math.asinh(LARGEST_LOGIT / UNIT_LOGIT);
  const bin = Math.floor(((1 + place) / 2) * BINS);
  return Math.max(0, Math.min(bin, BINS - 1));
}

/**
 * Where to count a score.
 * @param question - 0 for answers of yes or no; otherwise the class whose score it is.
 * @param isOfClass - Whether the answer should be yes, or the class.
 */
export function scoreIndex(question: number, isOfClass: boolean, score: number): number {
  return (2 * question + (isOfClass ? 0 : 1)) * BINS + binOfScore(score);
}

/**
 * For each class two histograms of the scores that it was given: of the answers that are of the
 * class, and then of all others. Answers of yes or no have such a pair for yes.
 */
export const SCORES: Basis = {
  meaning: "Histograms of the scores of each class.",
  length: (width) => 2 * BINS * width,
  answers: (values) => sumOf(values, 0, 2 * BINS),
  isPossible(values, width) {
    const answers = this.answers(values, width);
    for (let from = 0; from < values.length; from += 2 * BINS) {
      if (sumOf(values, from, from + 2 * BINS) !== answers) return false;
    }
    return areCounts(values);
  },
};

/** What the histograms say of one class; undefined when all answers are of it, or none. */
function rankingOf(
  values: BasisValues,
  from: number,
): { readonly auc: number; readonly errorAtMost: number } | undefined {
  let positives = 0;
  let negatives = 0;
  let above = 0;
  let together = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const yes = values[from + bin]!;
    const no = values[from + BINS + bin]!;
    above += yes * negatives;
    together += yes * no;
    positives += yes;
    negatives += no;
  }
  const pairs = positives * negatives;
  if (pairs === 0) return undefined;
  return { auc: (above + together / 2) / pairs, errorAtMost: together / 2 / pairs };
}

function meanRanking(values: BasisValues): { readonly auc: number; readonly errorAtMost: number } {
  const rankings = [];
  for (let from = 0; from < values.length; from += 2 * BINS) {
    const ranking = rankingOf(values, from);
    if (ranking !== undefined) rankings.push(ranking);
  }
  if (rankings.length === 0) return { auc: 0.5, errorAtMost: 0.5 };
  return {
    auc: rankings.reduce((sum, { auc }) => sum + auc, 0) / rankings.length,
    errorAtMost: rankings.reduce((sum, { errorAtMost }) => sum + errorAtMost, 0) / rankings.length,
  };
}

/**
 * The area under the ROC curve: the chance that an answer of the class has a higher score than
 * another one, where equal scores count half (the statistic of Mann and Whitney). Of several classes
 * it is the mean of each class against the rest; classes that all answers are of, or none, do not
 * count. It is 0.5 when none counts.
 */
export const areaUnderCurve = (values: BasisValues): number => meanRanking(values).auc;

/**
 * By how much the area may differ from that of the scores themselves. Scores in one bin count as
 * equal, so that each such pair may be off by half.
 */
export const areaErrorAtMost = (values: BasisValues): number => meanRanking(values).errorAtMost;
