import { expect, it, vi } from "vitest";
import { createProgram } from "../src/program.ts";

const loaded = vi.hoisted((): string[] => []);

function mocked(name: string): object {
  loaded.push(name);
  return {};
}

vi.mock("@tributary/simulator", () => mocked("simulator"));
vi.mock("@tributary/server", () => mocked("server"));
vi.mock("@tributary/client-sdk", () => mocked("client-sdk"));

it("A command line is read, and its help is shown, without what simulates, serves and trains", async () => {
  const help = (await createProgram("--help")).commands.map((verb) => verb.helpInformation());
  expect(help).toHaveLength(15);
  expect(help.join("")).toContain("mnist");
  expect(loaded).toEqual([]);
});
