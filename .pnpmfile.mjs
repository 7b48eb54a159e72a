// Hooks of pnpm, which it runs when it packs a package.

/** The export condition by which tests import a package's sources in place of what was built. */
const SOURCE_CONDITION = "@tributary/source";

export const hooks = {
  /**
   * Removes that condition from the package.json inside the tarball: it is of use in this workspace
   * only.
   * @param {Record<string, unknown>} manifest
   * @returns {Record<string, unknown>}
   */
  beforePacking(manifest) {
    return /** @type {Record<string, unknown>} */ (withoutSource(manifest));
  },
};

/**
 * @param {unknown} value
 * @returns {unknown}
 */
function withoutSource(value) {
  if (Array.isArray(value)) return value.map(withoutSource);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== SOURCE_CONDITION)
      .map(([key, inner]) => [key, withoutSource(inner)]),
  );
}
