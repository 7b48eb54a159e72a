import { DrizzleError, DrizzleQueryError } from "drizzle-orm";
import { isTributaryError, TributaryError } from "@tributary/protocol";

/**
 * Returns the driver's error inside of Drizzle's. Drizzle's message contains every parameter of the
 * query, such as a megabyte of a checkpoint, so it must reach neither a log nor a caller.
 */
export function driverError(error: unknown): unknown {
  let inner = error;
  while (inner instanceof DrizzleQueryError || inner instanceof DrizzleError) {
    if (inner.cause === undefined) return new Error("the query failed");
    inner = inner.cause;
  }
  return inner;
}

/**
 * The SQLSTATE or the system's name of an error (`23505`, `ECONNREFUSED`); undefined when it has
 * none.
 */
export function databaseCode(error: unknown): string | undefined {
  const inner = driverError(error);
  return inner instanceof Error && "code" in inner && typeof inner.code === "string"
    ? inner.code
    : undefined;
}

/** Whether the database refused a row because of this constraint or unique index. */
export function violates(error: unknown, constraint: string): boolean {
  const inner = driverError(error);
  return inner instanceof Error && "constraint" in inner && inner.constraint === constraint;
}

/** Whether the connection was lost. A commit that was under way may or may not have taken place. */
export function isConnectionLoss(error: unknown): boolean {
  const code = databaseCode(error);
  if (code !== undefined) {
    return /^(08|57P0)/.test(code) || ["ECONNRESET", "EPIPE", "ETIMEDOUT"].includes(code);
  }
  const inner = driverError(error);
  // pg gives these errors no code. After the last one, an answer may still come that nobody reads.
  return (
    inner instanceof Error &&
    /^(Connection terminated|Client has encountered a connection error|Query read timeout)/.test(
      inner.message,
    )
  );
}

/**
 * Turns an error of a driver into `STORAGE_UNAVAILABLE` with a remedy. An error that is a
 * `TributaryError` already is returned as it is.
 * @param where - Names the database without its password: "Postgres at db.example:5432/app".
 */
export function databaseError(error: unknown, where: string): TributaryError {
  if (isTributaryError(error)) return error;
  const inner = driverError(error);
  const { problem, remedy } = explain(databaseCode(error));
  // When a host has several addresses, the error is an AggregateError, whose own message is empty.
  const detail =
    inner instanceof AggregateError && inner.message === ""
      ? inner.errors.map((each: unknown) => messageOf(each)).join("; ")
      : messageOf(inner);
  return new TributaryError("STORAGE_UNAVAILABLE", `${where} ${problem} (${detail})`, {
    remedy,
    context: { database: where },
    cause: inner,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function explain(code: string | undefined): { readonly problem: string; readonly remedy: string } {
  switch (code) {
    case "ECONNREFUSED":
      return {
        problem: "refuses connections",
        remedy: "Start the database, or correct host and port in DATABASE_URL.",
      };
    case "ECONNRESET":
    case "EPIPE":
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return {
        problem: "cannot be reached, or does not keep the connection",
        remedy: "Look at the network and at firewalls between this machine and the database.",
      };
    case "EMFILE":
    case "ENFILE":
      return {
        problem: "cannot be connected to because too many files are open here",
        remedy: "Raise the limit on open files of this process (ulimit -n, LimitNOFILE).",
      };
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return {
        problem: "shows a certificate that this machine does not trust",
        remedy: "Renew it, or name its authority with NODE_EXTRA_CA_CERTS or sslrootcert.",
      };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return {
        problem: "is on a host whose name is not known",
        remedy: "Correct the host in DATABASE_URL or the name service.",
      };
    case "28P01":
    case "28000":
      return {
        problem: "does not accept the user or the password",
        remedy: "Correct user and password in DATABASE_URL, or the server's pg_hba.conf.",
      };
    case "3D000":
      return {
        problem: "does not exist",
        remedy: "Create the database or correct its name in DATABASE_URL.",
      };
    case "42501":
      return {
        problem: "does not give this user the rights it needs",
        remedy:
          "Grant CREATE on the database for the first start, " +
          "and USAGE, SELECT, INSERT, UPDATE and DELETE in its schema tributary.",
      };
    case "42P01":
    case "42703":
      return {
        problem: "lacks a table or column of this version",
        remedy: "Restart the server, which brings the tables up to date, or restore a backup.",
      };
    case "25006":
      return {
        problem: "is read-only",
        remedy:
          "Name the primary server in DATABASE_URL, or lift default_transaction_read_only there.",
      };
    case "53100":
    case "ENOSPC":
      return { problem: "has no space left", remedy: "Free some space on the database's disk." };
    case "53300":
      return {
        problem: "has no connection left",
        remedy: "Raise max_connections of the database or stop another of its users.",
      };
    case "57P01":
    case "57P02":
    case "57P03":
      return {
        problem: "is shutting down or starting",
        remedy: "Wait until the database is up.",
      };
    default:
      return {
        problem: "failed",
        remedy: "Check that the database runs and can be reached. Its log may say more.",
      };
  }
}
