import { describe, expect, it } from "vitest";
import { explainInstallFailure } from "../../infra/install-failure.mjs";

describe("an install that failed", () => {
  it("names the registry call that had no answer", () => {
    const failure = explainInstallFailure(
      "pnpm",
      `ERR_PNPM_RESOLVING_NPM_RESOLVER_NETWORK_ERROR: Failed to fetch metadata
      from https://registry.example/@babel%2Fcore: error sending request: Connection refused`,
    );
    expect(failure.cause).toBe(
      "The package registry cannot be reached (asked for https://registry.example/@babel%2Fcore).",
    );
    expect(failure.transient).toBe(true);
  });

  it("does not take a link in npm's advice for the call that failed", () => {
    const { cause } = explainInstallFailure(
      "npm",
      `npm error code ENOTFOUND
npm error request to https://registry.example/pnpm failed, reason: getaddrinfo ENOTFOUND
npm error For more help see https://docs.npmjs.com/cli`,
    );
    expect(cause).toContain("asked for https://registry.example/pnpm");
  });

  it("does not try again on a full disk", () => {
    const failure = explainInstallFailure(
      "pnpm",
      "Failed to write to file at /store/files/58: No space left\n      on device (os error 28)",
    );
    expect(failure).toMatchObject({ cause: "The disk is full.", transient: false });
  });

  it("tries again when pnpm could not resolve its own binaries", () => {
    const output =
      "ERR_PNPM_BAD_CONFIG_DEP Failed to resolve config dependency @pnpm/exe.netbsd-x64";
    expect(explainInstallFailure("pnpm", output).transient).toBe(true);
  });

  it("says how to bring the lock file up to date", () => {
    const output = "ERR_PNPM_OUTDATED_LOCKFILE Cannot install with frozen-lockfile";
    expect(explainInstallFailure("pnpm@12.1.0", output).remedy).toContain(
      "npx pnpm@12.1.0 install",
    );
  });

  it("names the tool when the failure is not a known one", () => {
    const failure = explainInstallFailure("apt-get", "E: Held broken packages");
    expect(failure.cause).toContain("apt-get failed");
    expect(failure.transient).toBe(false);
  });
});
