import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { canInstallDebianPackages, installDebianPackages } from "./debian-packages.mjs";
import { isProgram } from "./programs.mjs";
import { SetupError } from "./setup-error.mjs";

const PLACES = {
  linux: [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome-stable",
    "/usr/bin/google-chrome",
    "/snap/bin/chromium",
  ],
  darwin: [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    join(homedir(), "Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
  ],
};

const FONT_FOLDERS = ["/usr/share/fonts", "/usr/local/share/fonts"];

/**
 * Finds the browser for the browser tests: `CHROMIUM_PATH`, or the first one in the usual places.
 * @returns {string | undefined} Its path.
 * @throws {SetupError} When `CHROMIUM_PATH` names no program.
 */
export function findChromium() {
  const chosen = process.env["CHROMIUM_PATH"];
  if (chosen !== undefined && chosen !== "") {
    if (isProgram(chosen)) return chosen;
    throw new SetupError(
      `CHROMIUM_PATH is ${chosen}, which is not a program.`,
      "Set it to the path of Chromium or Chrome, or unset it to use the one that is installed.",
    );
  }
  const places = process.platform === "darwin" ? PLACES.darwin : PLACES.linux;
  return places.find(isProgram);
}

/**
 * Installs Chromium from Debian's packages.
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function installChromium() {
  if (!(await canInstallDebianPackages())) {
    throw new SetupError(
      "The browser tests need Chromium or Chrome, and none was found.",
      process.platform === "darwin"
        ? "Install Google Chrome (brew install --cask google-chrome), or set CHROMIUM_PATH to a browser."
        : "Install it (Debian and Ubuntu: sudo apt-get install chromium; Fedora: sudo dnf install chromium), or set CHROMIUM_PATH to a browser.",
    );
  }
  await installDebianPackages(hasFonts() ? ["chromium"] : ["chromium", "fonts-dejavu-core"]);
  if (findChromium() === undefined) {
    throw new SetupError(
      "apt-get installed Chromium, but it is in none of the usual places.",
      "Set CHROMIUM_PATH to it.",
    );
  }
}

/**
 * @returns {boolean} Whether pages can show text. Other systems than Linux bring fonts of their own.
 */
export function hasFonts() {
  if (process.platform !== "linux") return true;
  return [...FONT_FOLDERS, join(homedir(), ".local/share/fonts"), join(homedir(), ".fonts")].some(
    holdsFont,
  );
}

/**
 * Installs a font from Debian's packages where that is possible. Without a font the tests run as well:
 * pages then show no text.
 */
export async function installFonts() {
  if (await canInstallDebianPackages()) await installDebianPackages(["fonts-dejavu-core"]);
}

/** @param {string} folder */
function holdsFont(folder) {
  return (
    existsSync(folder) &&
    readdirSync(folder, { recursive: true }).some((name) =>
      /\.(ttf|otf|ttc|pfb)$/i.test(String(name)),
    )
  );
}
