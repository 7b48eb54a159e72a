import { Command, Option } from "commander";
import type { NewTokenView, TokenView } from "@tributary/server";
import { connectAdmin, withAdminOptions, type AdminFlags } from "../admin/admin-options.ts";
import { createOutput, formatTable } from "../terminal/output.ts";

export function tokenCommand(): Command {
  const token = new Command("token").description(
    "Make, list and revoke tokens for a server's admin API.",
  );
  addCreate(token);
  addList(token);
  addRevoke(token);
  return token;
}

function addCreate(token: Command): void {
  withAdminOptions(
    token
      .command("create")
      .description("Make a token and print it. It cannot be printed again.")
      .requiredOption("--name <name>", "a name that says what the token is for")
      .addOption(
        new Option(
          "--role <role>",
          "what the token allows: viewer may read, operator may also control tasks, admin may do everything",
        )
          .choices(["viewer", "operator", "admin"])
          .makeOptionMandatory(),
      ),
  )
    .addHelpText("after", "\nExample:\n  tributary token create --name dashboard --role viewer")
    .action(async ({ name, role, ...flags }: AdminFlags & { name: string; role: string }) => {
      const admin = await connectAdmin(flags);
      const made = await admin.post<NewTokenView>("/v1/tokens", { name, role });
      createOutput(flags.json === true).result(
        made,
        `${made.token}\n\nThe line above is the new token (id ${made.id}, role ${role}). The server does not store it: copy it now.`,
      );
    });
}

function addList(token: Command): void {
  withAdminOptions(
    token.command("list").description("List all tokens, including revoked ones, oldest first."),
  ).action(async (flags: AdminFlags) => {
    const admin = await connectAdmin(flags);
    const { tokens } = await admin.json<{ tokens: TokenView[] }>("/v1/tokens");
    const rows = tokens.map(({ id, name, role, createdAtMs, revokedAtMs }) => [
      id,
      role,
      new Date(createdAtMs).toISOString(),
      revokedAtMs === null ? "" : new Date(revokedAtMs).toISOString(),
      name,
    ]);
    createOutput(flags.json === true).result(
      { tokens },
      tokens.length === 0
        ? "There is no token yet. Make one with `tributary token create`."
        : formatTable(["id", "role", "created", "revoked", "name"], rows),
    );
  });
}

function addRevoke(token: Command): void {
  withAdminOptions(
    token
      .command("revoke")
      .argument("<id>", "id of the token, as `tributary token list` prints it")
      .description("Revoke a token. It stops working at once, for good."),
  ).action(async (id: string, flags: AdminFlags) => {
    const admin = await connectAdmin(flags);
    const revoked = await admin.post<TokenView>(`/v1/tokens/${encodeURIComponent(id)}/revoke`);
    createOutput(flags.json === true).result(revoked, `${revoked.id} is revoked`);
  });
}
