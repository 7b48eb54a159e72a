import { existsSync, readFileSync, readdirSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createProgram } from "@tributary/cli";
import { WITH_BENCHMARKS } from "./support/command.ts";
import { documentedCommands, tributaryArguments } from "./support/documented-commands.ts";
import { faultIn, parseHelp, type CommandHelp } from "./support/manual.ts";
import { openSandbox, type Sandbox } from "./support/sandbox.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const isLostFile = (path: string): boolean => /\.m?js$/.test(path) && !existsSync(join(ROOT, path));

/** Every page that a reader may copy commands from. */
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  ...["docs", "bench", "examples"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".md") && !path.includes("node_modules"))
      .map((path) => join(folder, path)),
  ),
];

type Manual = (words: readonly string[]) => CommandHelp | Promise<CommandHelp>;

/** Has the published program explain its commands, in this process: there are some forty. */
async function publishedManual(): Promise<Manual> {
  const program = await createProgram("");
  return (words) => {
    let command = program;
    for (const word of words) command = command.commands.find((each) => each.name() === word)!;
    return parseHelp(command.helpInformation());
  };
}

/** What `npm run tributary` runs in this repository has the benchmarks as well. */
function manualHere(box: Sandbox, published: Manual): Manual {
  const pages = new Map<string, Promise<CommandHelp>>();
  return (words) => {
    if (words.length > 0 && words[0] !== "bench") return published(words);
    const name = words.join(" ");
    const page =
      pages.get(name) ?? box.run([...words, "--help"]).then(({ stdout }) => parseHelp(stdout));
    pages.set(name, page);
    return page;
  };
}

describe("the commands in the documents", () => {
  test("are commands that there are, with options that they have", async () => {
    const manual = await publishedManual();
    const here = manualHere(await openSandbox(WITH_BENCHMARKS), manual);
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const scriptOf = (words: readonly string[]): string | undefined => {
      const [program, verb, name] = words.filter((word) => word !== "--silent");
      if (program !== "npm") return undefined;
      return verb === "run" ? name : verb === "start" || verb === "test" ? verb : undefined;
    };
    const faults: string[] = [];
    let checked = 0;
    for (const page of PAGES) {
      for (const { words } of documentedCommands(read(page))) {
        const args = tributaryArguments(words);
        const script = scriptOf(words);
        const fault =
          args !== undefined
            ? await faultIn(args, words[0] === "npm" ? here : manual)
            : script !== undefined && scripts[script] === undefined
              ? `package.json has no script ${script}`
              : words[0] === "node" && isLostFile(words[1] ?? "")
                ? `there is no file ${words[1]}`
                : undefined;
        if (fault !== undefined) faults.push(`${page}: ${words.join(" ")}: ${fault}`);
        if (args !== undefined || script !== undefined) checked += 1;
      }
    }
    expect(faults).toEqual([]);
    expect(checked).toBeGreaterThan(8);
  });

  test("of the README do what it says, one after the other", async () => {
    const box = await openSandbox();
    for (const folder of ["examples", "experiments"]) {
      await symlink(join(ROOT, folder), box.path(folder));
    }
    const ran: string[] = [];
    for (const { words, isRunnable } of documentedCommands(read("README.md"))) {
      const args = tributaryArguments(words);
      const verb = args?.[0];
      if (args === undefined || !isRunnable || verb === "client" || verb === "data") continue;
      if (verb === "serve") {
        // The ports may be in use here, and whoever is told none finds the server by its data folder.
        const server = box.start([...args, "--port", "0", "--admin-port", "0"]);
        await server.firstLine();
      } else {
        const smaller =
          verb === "demo" ? ["--clients", "2", "--rounds", "1", "--data-dir", "demo"] : [];
        const { code, stderr } = await box.run([...args, ...smaller]);
        expect(code, `${words.join(" ")}\n${stderr}`).toBe(0);
      }
      ran.push(verb ?? "");
    }
    expect(ran).toEqual(expect.arrayContaining(["serve", "task", "model", "demo"]));
  });
});

describe("the check of documented commands", () => {
  test("reads blocks of sh as a shell does", () => {
    const page = [
      "<!-- no-test: it takes an hour -->",
      "```sh",
      "npm run --silent tributary -- demo --data 'my data' | tail -n 1 # the summary",
      "```",
      "1. Indented:",
      "   ```sh",
      "   TOKEN=abc tributary task create \\",
      "     task.yaml",
      "   ```",
      "```json",
      "tributary is no command here",
      "```",
    ].join("\n");
    const commands = documentedCommands(page);
    expect(commands).toEqual([
      {
        words: ["npm", "run", "--silent", "tributary", "--", "demo", "--data", "my data"],
        isRunnable: false,
      },
      { words: ["tail", "-n", "1"], isRunnable: false },
      { words: ["tributary", "task", "create", "task.yaml"], isRunnable: true },
    ]);
    expect(commands.map(({ words }) => tributaryArguments(words))).toEqual([
      ["demo", "--data", "my data"],
      undefined,
      ["task", "create", "task.yaml"],
    ]);
  });

  test("finds what is wrong with them", async () => {
    const manual = await publishedManual();
    const faultOf = (text: string): Promise<string | undefined> => faultIn(text.split(" "), manual);
    expect(await faultOf("demo --clients 3 --json")).toBeUndefined();
    expect(await faultOf("demo --clients=3")).toBeUndefined();
    expect(await faultOf("--help")).toBeUndefined();
    expect(await faultOf("task --help")).toBeUndefined();
    expect(await faultOf("task show task_0123 --json")).toBeUndefined();
    expect(await faultOf("destroy")).toBe("there is no command destroy");
    expect(await faultOf("task destroy")).toBe("there is no command destroy");
    expect(await faultOf("task")).toBe("it names no command");
    expect(await faultOf("demo --clientz 3")).toBe("there is no option --clientz");
    expect(await faultOf("demo --clients")).toBe("--clients has no value");
    expect(await faultOf("task create")).toBe("an argument is missing");
    expect(await faultOf("task list of mine")).toBe("it has too many arguments");
  });
});
