/**
 * The subpath `@tributary/simulator/names`: what a command shows before it loads what simulates and
 * reads data.
 */
export { publishedNames } from "./datasets/published.ts";
export { datasetNames } from "./datasets/remote-datasets.ts";
export { inWordsOf, type Setting, type SettingUse, type SettingWords } from "./files/advice.ts";
