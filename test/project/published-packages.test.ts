import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { hooks } from "../../.pnpmfile.mjs";
import { publishedPackages } from "../../infra/published-packages.mjs";
import { faultsOfFiles } from "../../infra/tarballs.mjs";
import { versionFiles } from "../../infra/version.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const packages = publishedPackages(ROOT);

it("finds the packages that npm is to have", () => {
  expect(packages.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "@tributary/cli",
      "@tributary/client-sdk",
      "@tributary/core",
      "@tributary/protocol",
      "@tributary/server",
      "@tributary/simulator",
    ]),
  );
});

describe.each(packages)("$name", ({ name, folder, manifest, entryPoints }) => {
  const directory = `packages/${name.split("/")[1]}`;

  it("tells npm what it is, where it comes from and how it may be used", () => {
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/^[A-Z].{20,}\.$/) as string,
      license: "Apache-2.0",
      homepage: expect.stringContaining(`${directory}#readme`) as string,
      bugs: expect.stringMatching(/^https:/) as string,
      repository: { type: "git", url: expect.stringMatching(/^git\+https:/) as string, directory },
      engines: { node: ">=20.19" },
      // The server brings an empty database beside its code.
      files: [
        ...(name.endsWith("/server") ? ["assets"] : []),
        "dist",
        "src",
        "!dist/.tsbuildinfo*",
      ],
      publishConfig: { access: "public" },
      type: "module",
    });
    expect(manifest["keywords"]).toContain("federated-learning");
  });

  it("has the version of all the others, since they are released together", () => {
    expect(manifest["version"]).toBe(packages[0]?.version);
  });

  it("has a README that shows how to install it and names its entry points", () => {
    const readme = readFileSync(join(folder, "README.md"), "utf8");
    expect(readme).toMatch(new RegExp(`^# ${name}\n`));
    expect(readme).toMatch(new RegExp(`^npm install .*${name}`, "m"));
    const rows = [...readme.matchAll(/^\| `(@tributary\/[^`]+)` \|/gm)].map(([, row]) => row);
    expect(rows.toSorted()).toEqual(entryPoints.map((entryPoint) => entryPoint.name).toSorted());
  });

  it("has an API report for each entry point", () => {
    for (const entryPoint of entryPoints) {
      const report = entryPoint.name.replace(/^@tributary\//, "").replaceAll("/", ".");
      expect(existsSync(join(ROOT, "docs/api", `${report}.api.md`)), "run `npm run api`").toBe(
        true,
      );
    }
  });
});

it("gives the committed versions when they are generated again", () => {
  const files = versionFiles(ROOT);
  expect(files.length).toBeGreaterThanOrEqual(2);
  for (const { path, text } of files) {
    expect(readFileSync(path, "utf8"), "run `node infra/version.mjs`").toBe(text);
  }
});

it("packs package.json without the condition that leads to sources", () => {
  const packed = hooks.beforePacking({
    name: "p",
    exports: { ".": { "@tributary/source": "./src/index.ts", default: "./dist/index.js" } },
    imports: { "#a": { browser: { "@tributary/source": "./src/a.ts", default: "./dist/a.js" } } },
    files: ["dist"],
  });
  expect(packed).toEqual({
    name: "p",
    exports: { ".": { default: "./dist/index.js" } },
    imports: { "#a": { browser: { default: "./dist/a.js" } } },
    files: ["dist"],
  });
});

describe("the check of a tarball's files", () => {
  const protocol = join(ROOT, "packages/protocol");
  const good = ["package.json", "README.md", "LICENSE", "dist/index.js", "src/index.ts"];

  it("is content with what a package should hold", () => {
    expect(faultsOfFiles(good, protocol)).toEqual([]);
  });

  it("names a file that is missing, one that is left over and one that is of no use", () => {
    const files = [...good.slice(0, 2), "dist/no-longer.js", "dist/.tsbuildinfo"];
    expect(faultsOfFiles(files, protocol)).toEqual([
      "LICENSE is missing",
      "dist/no-longer.js has no source any more: delete dist and build again",
      "dist/.tsbuildinfo is not wanted",
    ]);
  });
});
