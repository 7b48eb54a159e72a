import { createServer } from "node:net";
import type { TributaryError } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { listen } from "../src/runtime/listen.ts";
import { fileError } from "../src/storage/file-error.ts";
import { databaseError } from "../src/storage/postgres/database-error.ts";

const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: it failed`), { code });

describe("an error of the data folder", () => {
  it.each([
    ["EACCES", /may not use/, /right to read and write/],
    ["EPERM", /may not use/, /right to read and write/],
    ["EROFS", /read-only/, /can be written to/],
    ["ENOSPC", /no space left/, /Free some space/],
    ["EDQUOT", /no space left/, /Free some space/],
    ["EMFILE", /too many files are open/, /ulimit -n/],
    ["ENFILE", /too many files are open/, /fs\.file-max/],
    ["ENOTDIR", /a file is in the way/, /move the file away/],
    ["EISDIR", /A folder is where/, /Move that folder away/],
    ["ELOOP", /cannot be followed/, /shorter path/],
    ["ENAMETOOLONG", /cannot be followed/, /shorter path/],
    ["ENOENT", /is missing/, /Restore/],
    ["EIO", /disk .* fails/, /replace the disk/],
    ["EWHATEVER", /cannot be used/, /operating system's/],
  ])("%s says what is wrong and what to do", (code, cause, remedy) => {
    const error = fileError(systemError(code), "/data");
    expect(error.code).toBe("STORAGE_UNAVAILABLE");
    expect(error.message).toMatch(cause);
    expect(error.remedy).toMatch(remedy);
  });
});

describe("an error of the database", () => {
  it.each([
    ["ECONNREFUSED", /refuses connections/, /Start the database/],
    ["ENOTFOUND", /name is not known/, /host in DATABASE_URL/],
    ["ETIMEDOUT", /cannot be reached/, /firewalls/],
    ["ECONNRESET", /cannot be reached/, /firewalls/],
    ["EMFILE", /too many files are open/, /ulimit -n/],
    ["28P01", /user or the password/, /user and password/],
    ["3D000", /does not exist/, /Create the database/],
    ["SELF_SIGNED_CERT_IN_CHAIN", /certificate/, /NODE_EXTRA_CA_CERTS/],
    ["CERT_HAS_EXPIRED", /certificate/, /Renew/],
  ])("%s says what is wrong and what to do", (code, cause, remedy) => {
    const error = databaseError(systemError(code), "Postgres at db:5432/app");
    expect(error.message).toMatch(cause);
    expect(error.remedy).toMatch(remedy);
  });
});

it.each([
  ["192.0.2.1", /EADDRNOTAVAIL/, /address of this machine/],
  ["no-such-host.invalid", /ENOTFOUND|EAI_AGAIN/, /address of this machine/],
])("A server that cannot listen on %s says what to choose", async (host, cause, remedy) => {
  const listening = listen(createServer(), { host, port: 0 }, "gateway");
  const error = await listening.catch((failure: unknown) => failure);
  expect(error).toMatchObject({ code: "CONFIG_INVALID" });
  expect(String(error)).toMatch(cause);
  expect((error as TributaryError).remedy).toMatch(remedy);
});
