import { TributaryError } from "@tributary/protocol";

/**
 * Returns the address of the Postgres that a command is to use: its option, or else the environment
 * variable DATABASE_URL.
 * @returns `undefined` for the embedded store.
 * @throws TributaryError `CONFIG_INVALID` when the variable is empty. That is a mistake and not an
 *   unset one: a server whose secret is missing must not begin anew in an embedded store.
 */
export function databaseUrlOf(flags: { readonly databaseUrl?: string }): string | undefined {
  const url = flags.databaseUrl ?? process.env["DATABASE_URL"];
  if (url?.trim() !== "") return url;
  throw new TributaryError("CONFIG_INVALID", "The environment variable DATABASE_URL is empty", {
    remedy: "Give the address of a Postgres, or unset the variable to use the embedded store.",
  });
}
