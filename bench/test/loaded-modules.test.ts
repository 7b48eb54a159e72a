import { expect, it, vi } from "vitest";
import { benchCommand } from "../src/bench-command.ts";

const loaded = vi.hoisted((): string[] => []);

vi.mock("playwright-core", () => {
  loaded.push("playwright-core");
  return {};
});

it("Benchmarks without a page do not load what drives a browser, which would count as their memory", () => {
  const names = benchCommand().commands.map((command) => command.name());
  expect(names).toEqual(expect.arrayContaining(["client", "simulate"]));
  expect(loaded).toEqual([]);
});
