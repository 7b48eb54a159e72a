import { createPrivateKey, X509Certificate } from "node:crypto";
import { copyFile, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isTributaryError, type TributaryError } from "@tributary/protocol";
import { ManualClock } from "@tributary/protocol/testing";
import { describe, expect, it } from "vitest";
import { CertificateWatch } from "../src/certificate/certificate-watch.ts";
import { readCertificate, requireValid, type Certificate } from "../src/certificate/certificate.ts";
import { certificateNames, hostForClients } from "../src/certificate/host-names.ts";
import { selfSignedCertificate } from "../src/certificate/self-signed.ts";
import { silentLogger } from "../src/runtime/logger.ts";
import { testFolder } from "./temporary-folder.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 5, 1);

async function refusalOf(work: () => unknown): Promise<TributaryError> {
  try {
    await work();
  } catch (error) {
    if (isTributaryError(error, "CONFIG_INVALID") && error.remedy !== undefined) return error;
    throw error;
  }
  throw new Error("It was accepted");
}

describe("a self-signed certificate", () => {
  const names = ["localhost", "127.0.0.1", "::1", "*.example.org"];

  it("is made once for all names and kept, with a key that only its owner may read", async () => {
    const folder = join(await testFolder(), "tls");
    const made = await selfSignedCertificate(folder, names, NOW_MS);
    const certificate = new X509Certificate(made.cert);
    for (const name of ["localhost", "127.0.0.1", "::1", "a.example.org"]) {
      expect(certificate.checkHost(name) ?? certificate.checkIP(name)).toBeDefined();
    }
    expect(certificate.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
    expect((await stat(join(folder, "key.pem"))).mode & 0o777).toBe(0o600);
    expect(await selfSignedCertificate(folder, names, NOW_MS)).toEqual(made);
    expect(await selfSignedCertificate(folder, ["localhost"], NOW_MS)).toEqual(made);
  });

  it("is made anew for another name, and when certificate and key do not match", async () => {
    const folder = await testFolder();
    const first = await selfSignedCertificate(folder, ["localhost"], NOW_MS);
    const second = await selfSignedCertificate(folder, ["localhost", "10.1.2.3"], NOW_MS);
    expect(second.cert).not.toBe(first.cert);
    // This is how a crash between the writing of the two files leaves them.
    await writeFile(join(folder, "key.pem"), first.key);
    const third = await selfSignedCertificate(folder, ["localhost"], NOW_MS);
    const key = createPrivateKey(third.key);
    expect(new X509Certificate(third.cert).checkPrivateKey(key)).toBe(true);
    await writeFile(join(folder, "cert.pem"), "garbage");
    const fourth = await selfSignedCertificate(folder, ["localhost"], NOW_MS);
    expect(new X509Certificate(fourth.cert).checkHost("localhost")).toBe("localhost");
  });

  it("is renewed 30 days before it expires", async () => {
    const folder = await testFolder();
    const made = await selfSignedCertificate(folder, ["localhost"], NOW_MS);
    const almost = made.notAfterMs - 31 * DAY_MS;
    expect(await selfSignedCertificate(folder, ["localhost"], almost)).toEqual(made);
    const renewed = await selfSignedCertificate(folder, ["localhost"], almost + DAY_MS);
    expect(renewed.notAfterMs).toBeGreaterThan(made.notAfterMs);
  });

  it("is for this machine's names, and for its addresses where it listens on all of them", () => {
    const machine = { hostName: "box", addresses: ["10.0.0.7", "2001:db8::7"] };
    expect(certificateNames("127.0.0.1", [], machine)).toEqual([
      ...["localhost", "127.0.0.1", "::1", "box"],
    ]);
    expect(certificateNames("::", ["learn.example"], machine)).toEqual([
      ...["learn.example", "localhost", "127.0.0.1", "::1", "box", "10.0.0.7", "2001:db8::7"],
    ]);
    expect(
      certificateNames("10.0.0.7", [], { ...machine, hostName: "no_certificate_has_this" }),
    ).toEqual(["localhost", "127.0.0.1", "::1", "10.0.0.7"]);
  });
});

it("Clients are never told to connect to all addresses of a machine", () => {
  const machine = { hostName: "box", addresses: ["10.0.0.7"] };
  for (const host of ["0.0.0.0", "::", "0", "::0"]) {
    expect(hostForClients(host, [], machine)).toBe("10.0.0.7");
    expect(hostForClients(host, ["*.a.example", "b.example"], machine)).toBe("b.example");
    expect(hostForClients(host, [], { ...machine, addresses: [] })).toBe("localhost");
  }
  expect(hostForClients("192.0.2.1", ["b.example"], machine)).toBe("192.0.2.1");
});

describe("a certificate from files", () => {
  it("is refused with the file's name when one is missing, not PEM, or not of its pair", async () => {
    const [folder, other] = [await testFolder(), await testFolder()];
    const paths = async (where: string) => {
      await selfSignedCertificate(where, ["localhost"], NOW_MS);
      return { cert: join(where, "cert.pem"), key: join(where, "key.pem") };
    };
    const [ours, theirs] = [await paths(folder), await paths(other)];
    expect(await readCertificate(ours.cert, ours.key)).toMatchObject({
      cert: await readFile(ours.cert, "utf8"),
      key: await readFile(ours.key, "utf8"),
      hostNames: ["localhost"],
    });
    const missing = join(folder, "none.pem");
    for (const [cert, key, named] of [
      [missing, ours.key, missing],
      [ours.cert, missing, missing],
      [ours.key, ours.key, ours.key],
      [ours.cert, ours.cert, ours.cert],
      [ours.cert, theirs.key, theirs.key],
    ] as const) {
      expect((await refusalOf(() => readCertificate(cert, key))).message).toContain(named);
    }
  });

  it("is refused when it has expired or is not valid yet, with both times", async () => {
    const certificate = await selfSignedCertificate(await testFolder(), ["localhost"], NOW_MS);
    const { notAfterMs, notBeforeMs } = certificate;
    requireValid(certificate, notBeforeMs);
    requireValid(certificate, notAfterMs - 1);
    const expired = await refusalOf(() => requireValid(certificate, notAfterMs));
    expect(expired.message).toContain(`expired on ${new Date(notAfterMs).toISOString()}`);
    const early = await refusalOf(() => requireValid(certificate, notBeforeMs - 1));
    expect(early.message).toContain("is not valid before 2026-05-31T00:00:00.000Z");
  });
});

describe("the watch over a certificate", () => {
  /** Two pairs of files, a link to the first one, and a watch over the link. */
  async function watchedFiles(nowMs = NOW_MS) {
    const [first, second, place] = [await testFolder(), await testFolder(), await testFolder()];
    const old = await selfSignedCertificate(first, ["localhost"], NOW_MS);
    const fresh = await selfSignedCertificate(second, ["localhost"], NOW_MS + DAY_MS);
    const live = join(place, "live");
    await symlink(first, live);
    const clock = new ManualClock(nowMs);
    const used: Certificate[] = [];
    const lines: string[] = [];
    const note = (level: string) => (event: string) => void lines.push(`${level} ${event}`);
    const logger = {
      ...silentLogger,
      info: note("info"),
      warn: note("warn"),
      error: note("error"),
    };
    let looked = (): void => {};
    const load = (): Promise<Certificate> =>
      readCertificate(join(live, "cert.pem"), join(live, "key.pem")).finally(() =>
        setImmediate(() => looked()),
      );
    const use = (next: Certificate): void => void used.push(next);
    const watch = new CertificateWatch(old, { load, use, clock, logger });
    const look = (): Promise<void> =>
      new Promise((resolve) => {
        looked = resolve;
        clock.advance(15_000);
      });
    return { old, fresh, first, second, live, watch, used, lines, look, clock };
  }

  it("uses the new certificate when a link points to other files, without being told", async () => {
    const { second, live, fresh, watch, used, lines, look } = await watchedFiles();
    watch.start();
    await look();
    expect(used).toEqual([]);
    await rm(live);
    await symlink(second, live);
    await look();
    expect(used).toEqual([fresh]);
    expect(watch.current).toEqual(fresh);
    await look();
    expect(used).toHaveLength(1);
    watch.stop();
    expect(lines).toEqual(["info certificate changed"]);
  });

  it("keeps the old one while the files do not fit together, and says so once", async () => {
    const { first, second, old, watch, used, lines, look } = await watchedFiles();
    watch.start();
    await copyFile(join(second, "cert.pem"), join(first, "cert.pem"));
    await look();
    await look();
    expect([used, watch.current, lines]).toEqual([[], old, ["error certificate not reloaded"]]);
    await watch.reload();
    expect(lines).toHaveLength(2);
    await copyFile(join(second, "key.pem"), join(first, "key.pem"));
    await watch.reload();
    watch.stop();
    expect(used).toHaveLength(1);
  });

  it("does not exchange a certificate for one that is not valid", async () => {
    const { first, second, old, watch, lines } = await watchedFiles(NOW_MS - DAY_MS / 2);
    for (const file of ["cert.pem", "key.pem"])
      await copyFile(join(second, file), join(first, file));
    await watch.reload();
    expect([watch.current, lines]).toEqual([old, ["error certificate not reloaded"]]);
  });

  it("warns once a day from 14 days before the end, and reports the end as an error", async () => {
    const { old, watch, lines, look, clock } = await watchedFiles();
    watch.start();
    clock.advance(old.notAfterMs - clock.now() - 15 * DAY_MS);
    await look();
    expect(lines).toEqual([]);
    clock.advance(DAY_MS);
    await look();
    await look();
    expect(lines).toEqual(["warn certificate expires soon"]);
    clock.advance(14 * DAY_MS);
    await look();
    expect(lines).toEqual(["warn certificate expires soon", "error certificate has expired"]);
    watch.stop();
  });
});
