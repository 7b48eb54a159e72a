import { join } from "node:path";
import { arePackagesPresent, installPackages, packagesFingerprint } from "./packages.mjs";
import { buildFingerprint, buildPackages, isBuildPresent } from "./build.mjs";
import { findChromium, hasFonts, installChromium, installFonts } from "./chromium.mjs";
import { installLtsNode, isLtsNodePresent } from "./lts-node.mjs";
import { Progress } from "./progress.mjs";
import { Stamps } from "./stamps.mjs";
import { findFirefox, findWebKit, installFirefox, installWebKit } from "./other-browsers.mjs";
import { LTS_NODE } from "./versions.mjs";

/**
 * Makes a fresh checkout ready. A step whose result is there already is left out; finding that out
 * takes a few milliseconds.
 * @param {string} root - The project's folder.
 * @param {object} options
 * @param {boolean} options.forTests - Also the browsers and the second Node that `npm test` needs.
 * @returns {Promise<void>}
 * @throws {import("./setup-error.mjs").SetupError}
 */
export async function setUp(root, { forTests }) {
  const stamps = new Stamps(join(root, ".cache", "set-up.json"));
  const progress = new Progress({ heading: "Setting up Tributary" });

  /**
   * @param {string} name
   * @param {{ title: string, wanted: string, present: boolean, work: () => Promise<void> }} step
   */
  const ensure = async (name, { title, wanted, present, work }) => {
    if (present && stamps.get(name) === wanted) return;
    stamps.set(name, undefined); // so that an interrupted step is done again
    await progress.step(title, work);
    stamps.set(name, wanted);
  };

  await ensure("packages", {
    title: "Packages from npm",
    wanted: packagesFingerprint(root),
    present: arePackagesPresent(root),
    work: () => installPackages(root),
  });
  await ensure("build", {
    title: "Build",
    wanted: buildFingerprint(root),
    present: isBuildPresent(root),
    work: () => buildPackages(root),
  });
  if (!forTests) return;

  if (findChromium() === undefined)
    await progress.step("Chromium, for the browser tests", installChromium);
  if (findFirefox() === undefined)
    await progress.step("Firefox, for the browser tests", installFirefox);
  if (process.platform === "linux" && findWebKit() === undefined)
    await progress.step("WebKit, for the browser tests", installWebKit);
  if (!hasFonts()) await progress.step("A font, for the browser tests", installFonts);
  if (!isLtsNodePresent(root)) {
    await progress.step(`Node ${LTS_NODE}, for the unit tests`, () => installLtsNode(root));
  }
}
