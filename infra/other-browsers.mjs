// The browsers beside Chromium in which a client has to work: Firefox, and WebKit where it is built
// for other systems than Apple's.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { canInstallDebianPackages, installDebianPackages } from "./debian-packages.mjs";
import { isProgram } from "./programs.mjs";
import { SetupError } from "./setup-error.mjs";

const FIREFOX_PLACES = [
  "/usr/bin/firefox-esr",
  "/usr/bin/firefox",
  "/snap/bin/firefox",
  "/Applications/Firefox.app/Contents/MacOS/firefox",
];

const WEBKIT_DRIVER = "/usr/bin/WebKitWebDriver";
const DISPLAY_SERVER = "/usr/bin/Xvfb";

/**
 * Finds the Firefox for the browser tests: `FIREFOX_PATH`, or the first one in the usual places.
 * @returns {string | undefined} Its path.
 * @throws {SetupError} When `FIREFOX_PATH` names no program.
 */
export function findFirefox() {
  const chosen = process.env["FIREFOX_PATH"];
  if (chosen === undefined || chosen === "") return FIREFOX_PLACES.find(isProgram);
  if (isProgram(chosen)) return chosen;
  throw new SetupError(
    `FIREFOX_PATH is ${chosen}, which is not a program.`,
    "Set it to the path of Firefox, or unset it to use the one that is installed.",
  );
}

/**
 * Installs Firefox from Debian's packages.
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function installFirefox() {
  await install("Firefox", ["firefox-esr"], "or set FIREFOX_PATH to it");
}

/**
 * Finds WebKit, and what it needs to run without a screen.
 * @returns {{ WEBKIT_DRIVER: string, WEBKIT_BROWSER: string, DISPLAY_SERVER: string } | undefined}
 *   The paths of its programs, by the names of variables for the tests.
 */
export function findWebKit() {
  const WEBKIT_BROWSER = foldersIn("/usr/lib")
    .flatMap((folder) => foldersIn(folder))
    .map((folder) => join(folder, "MiniBrowser"))
    .find(isProgram);
  if (WEBKIT_BROWSER === undefined) return undefined;
  if (![WEBKIT_DRIVER, DISPLAY_SERVER].every(isProgram)) return undefined;
  return { WEBKIT_DRIVER, WEBKIT_BROWSER, DISPLAY_SERVER };
}

/**
 * Installs WebKit from Debian's packages.
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function installWebKit() {
  await install("WebKit", ["webkit2gtk-driver", "xvfb"], "with its WebDriver and Xvfb");
}

/** @param {string} name @param {readonly string[]} packages @param {string} otherwise */
async function install(name, packages, otherwise) {
  if (!(await canInstallDebianPackages())) {
    throw new SetupError(
      `The browser tests need ${name}, and it was not found.`,
      `Install it (Debian and Ubuntu: sudo apt-get install ${packages.join(" ")}), ${otherwise}.`,
    );
  }
  await installDebianPackages(packages);
}

/** @param {string} folder @returns {string[]} */
function foldersIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /linux-gnu|webkit/.test(entry.name))
    .map(({ name }) => join(folder, name));
}
