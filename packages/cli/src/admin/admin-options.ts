import type { Command } from "commander";
import { AdminClient, findAdmin } from "./admin-client.ts";

/** The options that say where the admin API is, as they are typed. */
export interface AdminFlags {
  readonly admin?: string;
  readonly token?: string;
  readonly dataDir: string;
  readonly json?: true;
}

/**
 * Adds the options that say where the admin API is. The help shows them after those that the
 * command has already.
 */
export function withAdminOptions(command: Command): Command {
  return command
    .option("--json", "print the result as one line of JSON")
    .optionsGroup("Which server:")
    .option(
      "--admin <url>",
      "address of the server's admin API (default: that of the server that runs with --data-dir)",
    )
    .option(
      "--token <token>",
      "token for the admin API (default: the environment variable TRIBUTARY_ADMIN_TOKEN)",
    )
    .option(
      "--data-dir <folder>",
      "data folder of a server that runs on this machine",
      "./.tributary",
    );
}

/** @throws TributaryError `ADMIN_UNREACHABLE` when the options name no server and none runs. */
export async function connectAdmin(flags: AdminFlags): Promise<AdminClient> {
  return new AdminClient(await findAdmin(flags));
}
