// Reads the output of npm, pnpm or apt-get when it has failed, and says in one sentence each what went
// wrong and what to do.

/**
 * @typedef {object} InstallFailure
 * @property {string} cause
 * @property {string} remedy
 * @property {boolean} transient - Whether trying again at once may help.
 */

/** @type {readonly { pattern: RegExp, explain: (url: string | undefined, tool: string) => InstallFailure }[]} */
const KNOWN_FAILURES = [
  {
    pattern: /ENOSPC|No space left on device/i,
    explain: () => ({
      cause: "The disk is full.",
      remedy:
        "Set-up needs about 1.5 GB for this folder and the package caches: free some and run it again.",
      transient: false,
    }),
  },
  {
    pattern: /EACCES|EPERM|EROFS|Permission denied|Read-only file system/i,
    explain: () => ({
      cause: "A folder cannot be written to.",
      remedy:
        "Make this folder and the home folder's package caches writable (the output names the path).",
      transient: false,
    }),
  },
  {
    pattern:
      /ERR_PNPM_OUTDATED_LOCKFILE|lockfile is not up to date|ERR_PNPM_LOCKFILE_CONFIG_MISMATCH/i,
    explain: (_, tool) => ({
      cause: "pnpm-lock.yaml does not match the package.json files.",
      remedy: `After a change of dependencies run \`npx ${tool} install\` and commit pnpm-lock.yaml.`,
      transient: false,
    }),
  },
  {
    pattern: /ERR_PNPM_IGNORED_BUILDS|Ignored build scripts/i,
    explain: () => ({
      cause: "A package has an install script that the project has not decided on.",
      remedy:
        "Name the package under `allowBuilds` in pnpm-workspace.yaml, true to run its script and false not to.",
      transient: false,
    }),
  },
  {
    pattern:
      /SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|CERT_HAS_EXPIRED|invalid peer certificate|UnknownIssuer/i,
    explain: (url) => ({
      cause: `The certificate of the package registry is not trusted${at(url)}.`,
      remedy:
        "Behind a proxy that opens TLS, give npm its certificate: `npm config set cafile /path/to/ca.pem`.",
      transient: false,
    }),
  },
  {
    pattern:
      /ERR_PNPM_BAD_CONFIG_DEP|EINTEGRITY|ERR_PNPM_TARBALL_INTEGRITY|ERR_PNPM_BAD_TARBALL_SIZE/i,
    explain: (url) => ({
      cause: `The package registry gave an incomplete answer${at(url)}.`,
      remedy: "Run the command again in a minute.",
      transient: true,
    }),
  },
  {
    pattern:
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|socket hang up|META_FETCH_FAIL|FETCH_\d|error sending request|network|Could not resolve|Temporary failure resolving|Could not connect|Failed to fetch/i,
    explain: (url) => ({
      cause: `The package registry cannot be reached${at(url)}.`,
      remedy:
        "Check the network and its proxy settings (HTTPS_PROXY, `npm config get registry`), then run the command again: what is already here is kept.",
      transient: true,
    }),
  },
];

/**
 * @param {string} tool - The program that failed, for the sentence when the failure is not a known one.
 * @param {string} output
 * @returns {InstallFailure}
 */
export function explainInstallFailure(tool, output) {
  const url = /https?:\/\/[^\s"'`<>()]+/.exec(registryLines(output))?.[0]?.replace(/[.,:;]+$/, "");
  const unwrapped = output.replace(/\s+/g, " "); // pnpm breaks its sentences at the 80th column
  const known = KNOWN_FAILURES.find(({ pattern }) => pattern.test(unwrapped));
  return (
    known?.explain(url, tool) ?? {
      cause: `${tool} failed for a reason that set-up does not know.`,
      remedy: "Its output is above; the line that names an error code usually says what to change.",
      transient: false,
    }
  );
}

/** Links to documentation, which npm prints as hints: they are not the address that failed. */
function registryLines(/** @type {string} */ output) {
  return output
    .split("\n")
    .filter((line) => !/docs\.npmjs\.com|npm help|github\.com|pnpm\.io|complete log/.test(line))
    .join("\n");
}

/** @param {string | undefined} url */
function at(url) {
  return url === undefined ? "" : ` (asked for ${url})`;
}
