/** What `--help` says of one command. */
export interface CommandHelp {
  readonly subcommands: readonly string[];
  /** Whether each option takes a value, by its name. */
  readonly options: ReadonlyMap<string, boolean>;
  readonly requiredArguments: number;
  readonly maximumArguments: number;
}

export function parseHelp(text: string): CommandHelp {
  const usage = /^Usage: (.*)$/m.exec(text)?.[1] ?? "";
  // The list of commands ends at an empty line; examples may follow it.
  const commands = /\nCommands:\n([^]*?)(\n\n|$)/.exec(text)?.[1] ?? "";
  const required = usage.match(/<[^>]+>/g) ?? [];
  const optional = usage.match(/\[(?!options\]|command\])[^\]]+\]/g) ?? [];
  return {
    subcommands: [...commands.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name ?? ""),
    options: new Map(
      [...text.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)( <[^>]+>)?/gm)].map(([, name, value]) => [
        name ?? "",
        value !== undefined,
      ]),
    ),
    requiredArguments: required.length,
    maximumArguments: /\.\.\.[>\]]/.test(usage) ? Infinity : required.length + optional.length,
  };
}

/**
 * What is wrong with a command line, going by the help alone; undefined when nothing is.
 * @param helpOf - The help of the command of these words: `[]` for the program itself.
 */
export async function faultIn(
  words: readonly string[],
  helpOf: (command: readonly string[]) => CommandHelp | Promise<CommandHelp>,
): Promise<string | undefined> {
  let help = await helpOf([]);
  let depth = 0;
  for (; help.subcommands.length > 0; depth++) {
    const word = words[depth];
    if (word === undefined) return "it names no command";
    if (help.options.has(word)) break;
    if (!help.subcommands.includes(word)) return `there is no command ${word}`;
    help = await helpOf(words.slice(0, depth + 1));
  }
  let given = 0;
  for (let index = depth; index < words.length; index++) {
    const [name = "", value] = words[index]?.split("=", 2) ?? [];
    if (!name.startsWith("-")) {
      given += 1;
      continue;
    }
    const takesValue = help.options.get(name);
    if (takesValue === undefined) return `there is no option ${name}`;
    if (!takesValue || value !== undefined) continue;
    index += 1;
    if (words[index] === undefined) return `${name} has no value`;
  }
  if (words.includes("--help") || words.includes("--version")) return undefined;
  if (given < help.requiredArguments) return "an argument is missing";
  if (given > help.maximumArguments) return "it has too many arguments";
  return undefined;
}
