import { TributaryError, adminTokenId } from "@tributary/protocol";
import type { AdminTokenRecord } from "../storage/access-store.ts";
import type { AdminDeps } from "./admin-deps.ts";
import {
  auditListSchema,
  auditQuery,
  newTokenSchema,
  tokenCreationSchema,
  tokenListSchema,
  tokenParams,
  tokenSchema,
  type TokenView,
} from "./access-schemas.ts";
import { makeToken } from "./admin-token.ts";
import { jsonBody, nothingBody } from "./json-body.ts";
import { jsonRoute, type Route } from "./route.ts";

type AccessRouteDeps = Pick<
  AdminDeps,
  "access" | "clock" | "crypto" | "random" | "constants" | "token"
>;

/** Routes that manage admin tokens and read the audit table. */
export function accessRoutes(deps: AccessRouteDeps): readonly Route[] {
  const { access, clock, crypto, random, constants } = deps;
  return [
    jsonRoute({
      method: "get",
      path: "/v1/tokens",
      operation: "listTokens",
      summary:
        "Lists all admin tokens, including revoked ones, oldest first. " +
        "The root token is not among them.",
      role: "admin",
      answer: { description: "The tokens, without their secrets.", schema: tokenListSchema },
      handle: async () => ({ json: { tokens: (await access.tokens()).map(tokenView) } }),
    }),
    jsonRoute({
      method: "post",
      path: "/v1/tokens",
      operation: "createToken",
      summary: "Creates an admin token.",
      role: "admin",
      body: jsonBody(
        tokenCreationSchema,
        constants.maxPlanBytes,
        "The name and the role of the token.",
      ),
      answer: {
        status: 201,
        description: "The token, which is shown only once. The header `Location` is its path.",
        schema: newTokenSchema,
      },
      errors: ["ADMIN_TOKEN_CONFLICT"],
      async handle({ body }) {
        const { name, role } = body;
        if (role !== "admin") await requireAdminToken(deps, undefined);
        const { id, token, digest } = makeToken(crypto, random);
        const record = { id, name, role, digest, createdAtMs: clock.now(), revokedAtMs: null };
        await access.addToken(record);
        return {
          json: { ...tokenView(record), token },
          headers: { location: `/v1/tokens/${id}` },
          note: `${role} token for ${name}`,
        };
      },
    }),
    jsonRoute({
      method: "post",
      path: "/v1/tokens/{id}/revoke",
      operation: "revokeToken",
      summary: "Revokes an admin token, at once and for good.",
      role: "admin",
      params: tokenParams,
      body: nothingBody(constants.maxPlanBytes),
      answer: { description: "The token.", schema: tokenSchema },
      errors: ["ADMIN_TOKEN_UNKNOWN", "ADMIN_TOKEN_CONFLICT"],
      async handle({ params }) {
        const id = adminTokenId(params.id);
        const token = await access.token(id);
        if (token === undefined) {
          throw new TributaryError("ADMIN_TOKEN_UNKNOWN", `There is no admin token ${id}`, {
            remedy: "`tributary token list` names the tokens.",
            context: { token: id },
          });
        }
        await requireAdminToken(deps, token);
        await access.revokeToken(id, clock.now());
        const revoked = await access.token(id);
        return { json: tokenView(revoked ?? token) };
      },
    }),
    jsonRoute({
      method: "get",
      path: "/v1/audit",
      operation: "listAudit",
      summary: "Lists who changed what, when, and how it ended. The newest entry comes first.",
      role: "admin",
      query: auditQuery,
      answer: { description: "The entries.", schema: auditListSchema },
      handle: async ({ query }) => ({
        json: { entries: await access.audit(query.limit, query.before) },
      }),
    }),
  ];
}

/**
 * Makes sure that a token of the role admin is left while there are other tokens. If the server has
 * no root token either, nobody could create a token any more.
 * @param leaving - The token that is about to be revoked; undefined when one is created.
 * @throws TributaryError `ADMIN_TOKEN_CONFLICT` when none would be left.
 */
async function requireAdminToken(
  { access, token }: AccessRouteDeps,
  leaving: AdminTokenRecord | undefined,
): Promise<void> {
  if (token !== undefined) return;
  const good = (await access.tokens()).filter(
    ({ id, revokedAtMs }) => revokedAtMs === null && id !== leaving?.id,
  );
  // The very last token may be revoked. The server then answers every program of its own machine
  // again, as it did before the first token.
  if (good.some(({ role }) => role === "admin") || (leaving !== undefined && good.length === 0)) {
    return;
  }
  throw new TributaryError("ADMIN_TOKEN_CONFLICT", "No token of the role admin would be left", {
    remedy:
      "Create another one of that role first, or start the server with TRIBUTARY_ADMIN_TOKEN.",
  });
}

function tokenView({ id, name, role, createdAtMs, revokedAtMs }: AdminTokenRecord): TokenView {
  return { id, name, role, createdAtMs, revokedAtMs };
}
