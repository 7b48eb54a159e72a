import { TributaryError } from "@tributary/protocol";
import type { ExperimentSections } from "./experiment-schema.ts";
import { requireDistinct } from "./distinct.ts";
import { describeSettings, type Settings } from "./settings.ts";

/** One choice of what an experiment varies. */
export interface Choice {
  /** The name of the variant; null when the experiment has none. */
  readonly variant: string | null;
  /** What the sweep gives. */
  readonly settings: Settings;
}

type Varied = Pick<ExperimentSections, "variants" | "sweep">;

/**
 * All choices of what an experiment varies: each variant with each value of the sweep with each value
 * of the others. The last key changes fastest.
 * @throws TributaryError `CONFIG_INVALID` when a sweep would undo what a variant says, or lists a
 *   value more than once; when something is varied that all runs have in common.
 */
export function choicesOf({ variants, sweep }: Varied): Choice[] {
  for (const settings of [sweep, ...Object.values(variants)]) requireVariable(settings);
  requireNoneHidden({ variants, sweep });
  for (const [path, values] of Object.entries(sweep)) requireDistinct(`sweep.${path}`, values);
  const names = Object.keys(variants);
  const chosen = Object.entries(sweep).reduce<Settings[]>(
    (all, [path, values]) =>
      all.flatMap((settings) => values.map((value) => ({ ...settings, [path]: value }))),
    [{}],
  );
  return (names.length === 0 ? [null] : names).flatMap((variant) =>
    chosen.map((settings) => ({ variant, settings })),
  );
}

/** All values that a choice gives to an experiment: those of its variant, and those of the sweep. */
export function allSettings({ variant, settings }: Choice, { variants }: Varied): Settings {
  return { ...(variant === null ? {} : variants[variant]), ...settings };
}

/** A choice as a person reads it: `small, plan.localEpochs=5`; empty when nothing is varied. */
export function describeChoice({ variant, settings }: Choice): string {
  const swept = describeSettings(settings);
  return [...(variant === null ? [] : [variant]), ...(swept === "" ? [] : [swept])].join(", ");
}

/** The sections that say which runs there are. */
const COMMON: ReadonlySet<string> = new Set(["seeds", "variants", "sweep"]);

function requireVariable(settings: Settings): void {
  for (const path of Object.keys(settings)) {
    const section = path.split(".", 1)[0]!;
    if (!COMMON.has(section)) continue;
    throw new TributaryError("CONFIG_INVALID", `${path} cannot be varied`, {
      remedy: `Write ${section} as a section of its own, or make another experiment.`,
      context: { path },
    });
  }
}

function requireNoneHidden({ variants, sweep }: Varied): void {
  for (const [name, settings] of Object.entries(variants)) {
    for (const path of Object.keys(settings)) {
      const hides = Object.keys(sweep).find((key) => `${path}.`.startsWith(`${key}.`));
      if (hides === undefined) continue;
      throw new TributaryError(
        "CONFIG_INVALID",
        `The sweep of ${hides} undoes what the variant ${name} says of ${path}`,
        { remedy: "Leave the key out of one of them.", context: { path } },
      );
    }
  }
}
