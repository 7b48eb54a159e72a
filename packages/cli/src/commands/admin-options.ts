import type { Command } from "commander";
import { AdminClient, findAdmin } from "../admin-client.ts";

export interface AdminFlags {
  readonly admin?: string;
  readonly token?: string;
  readonly dataDir: string;
  readonly json?: true;
}

/** Adds the options by which a command finds the admin API. */
export function withAdminOptions(command: Command): Command {
  return command
    .option("--admin <url>", "address of the admin API; else the server running on --data-dir")
    .option("--token <token>", "its bearer token (or TRIBUTARY_ADMIN_TOKEN)")
    .option("--data-dir <folder>", "data folder of a server on this machine", "./.tributary")
    .option("--json", "print one JSON line");
}

export async function connectAdmin(flags: AdminFlags): Promise<AdminClient> {
  return new AdminClient(await findAdmin(flags));
}
