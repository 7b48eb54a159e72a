/**
 * The arguments of `tributary` that run a part of an experiment.
 * @param {string} file - The name of the experiment file.
 * @param {readonly string[]} settings - What changes it, each as `KEY=VALUE`.
 */
export const argumentsOf = (file, settings) => [
  ...["simulate", `experiments/${file}`],
  ...settings.flatMap((setting) => ["--set", setting]),
];

/** The same as a person types it. @param {string} file @param {readonly string[]} settings */
export const commandOf = (file, settings) =>
  ["tributary", ...argumentsOf(file, settings)].map(quoted).join(" ");

/** @param {string} word */
const quoted = (word) => (/^[\w./=-]+$/.test(word) ? word : `'${word}'`);
