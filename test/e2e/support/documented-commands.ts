/** A command in a document, as a shell would divide it into words. */
export interface DocumentedCommand {
  readonly words: readonly string[];
  /** False below a comment `<!-- no-test -->`, with or without a reason: then it is not run. */
  readonly isRunnable: boolean;
}

const FENCE = /^( *)```sh\n([\s\S]*?)^\1```/gm;

/** All commands in a Markdown document's blocks of `sh`. */
export function documentedCommands(markdown: string): readonly DocumentedCommand[] {
  return [...markdown.matchAll(FENCE)].flatMap((block) => {
    const isRunnable = !/<!-- no-test[^>]*-->\s*$/.test(markdown.slice(0, block.index));
    return shellCommands(block[2] ?? "").map((words) => ({ words, isRunnable }));
  });
}

/** The words of a `tributary` command after its name; undefined for another program's. */
export function tributaryArguments(words: readonly string[]): readonly string[] | undefined {
  const [program, verb] = words;
  if (program === "tributary") return words.slice(1);
  if (program !== "npm" || verb !== "run" || !words.includes("tributary")) return undefined;
  const separator = words.indexOf("--");
  return separator === -1 ? [] : words.slice(separator + 1);
}

/** Quotes, comments, continued lines and what stands between commands; no substitutions. */
function shellCommands(text: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  let word: string | undefined;
  const endWord = (): void => {
    if (word !== undefined) commands.at(-1)?.push(word);
    word = undefined;
  };
  const tokens = text.matchAll(/'([^']*)'|"([^"]*)"|\\\n|(\s#[^\n]*)|(\n|[|&;<>]+)|([ \t]+)|(.)/g);
  for (const [token, single, double, comment, end, space, other] of tokens) {
    if (end !== undefined || comment !== undefined) {
      endWord();
      commands.push([]);
    } else if (space !== undefined || token === "\\\n") {
      endWord();
    } else {
      word = (word ?? "") + (single ?? double ?? other ?? "");
    }
  }
  endWord();
  // What is set for one command stands in front of it.
  return commands
    .map((words) => words.slice(words.findIndex((each) => !/^\w+=/.test(each))))
    .filter((words) => words.length > 0);
}
