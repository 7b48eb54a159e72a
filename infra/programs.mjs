import { accessSync, constants } from "node:fs";

/**
 * @param {string} path
 * @returns {boolean} Whether a program is there that this user may run.
 */
export function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
