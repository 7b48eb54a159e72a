import { Command, Option } from "commander";
import type { NewTokenView, TokenView } from "@tributary/server";
import { createOutput, formatTable } from "../output.ts";
import { connectAdmin, withAdminOptions, type AdminFlags } from "./admin-options.ts";

export function tokenCommand(): Command {
  const token = new Command("token").description("Tokens of a server's admin API.");

  withAdminOptions(token.command("create"))
    .description("Make a token, and print it: it is told this once.")
    .requiredOption("--name <name>", "what it is for")
    .addOption(
      new Option("--role <role>", "what its bearer may do: look; also steer tasks; all")
        .choices(["viewer", "operator", "admin"])
        .makeOptionMandatory(),
    )
    .action(async ({ name, role, ...flags }: AdminFlags & { name: string; role: string }) => {
      const admin = await connectAdmin(flags);
      const made = await admin.post<NewTokenView>("/v1/tokens", { name, role });
      createOutput(flags.json === true).result(
        made,
        `${made.token}\n\nThe line above is the token of ${made.id}, ${role}. It is not stored: keep it now.`,
      );
    });

  withAdminOptions(token.command("list"))
    .description("List tokens, revoked ones too, oldest first.")
    .action(async (flags: AdminFlags) => {
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
          ? "no tokens yet: `tributary token create` makes one"
          : formatTable(["id", "role", "created", "revoked", "name"], rows),
      );
    });

  withAdminOptions(token.command("revoke"))
    .argument("<id>", "token id, as `tributary token list` prints it")
    .description("Revoke a token for good, at once.")
    .action(async (id: string, flags: AdminFlags) => {
      const admin = await connectAdmin(flags);
      const revoked = await admin.post<TokenView>(`/v1/tokens/${encodeURIComponent(id)}/revoke`);
      createOutput(flags.json === true).result(revoked, `${revoked.id} is revoked`);
    });
  return token;
}
