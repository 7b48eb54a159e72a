// Makes a machine that has only Node and npm ready to run Tributary; with --test, ready to test it.
// `npm start` and `npm test` begin with it, and `npm run setup` is nothing else. It imports the other
// modules only after it has checked Node's version: an old Node could not read them, and would print
// an error about their syntax.
import { readFileSync } from "node:fs";

const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const minimum = engines.node.replace(">=", "");
const [needMajor = 0, needMinor = 0] = minimum.split(".").map(Number);
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < needMajor || (major === needMajor && minor < needMinor)) {
  console.error(`Tributary needs Node ${minimum} or newer, and this is ${process.version}.`);
  console.error("Install a newer one from https://nodejs.org and run the command again.");
  process.exit(1);
}

const { describeError } = await import("./setup-error.mjs");
const { setUp } = await import("./set-up.mjs");
const { fileURLToPath } = await import("node:url");

const unknown = process.argv.slice(2).filter((argument) => argument !== "--test");
if (unknown.length > 0) {
  console.error(`Unknown argument ${unknown[0]}. The only one is --test.`);
  process.exit(2);
}

try {
  await setUp(fileURLToPath(new URL("..", import.meta.url)), {
    forTests: process.argv.includes("--test"),
  });
} catch (error) {
  console.error(`\n${describeError(error)}`);
  process.exitCode = 1;
}
