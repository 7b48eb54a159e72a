// Decides who may use the admin API. Once there is a token, a request must show a token whose role
// allows what it asks for. While there is none, programs of this machine may do everything. Web
// pages may not, although a browser on this machine lets them reach loopback addresses.
import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { TributaryError, utf8, type CryptoProvider } from "@tributary/protocol";
import { ADMIN_ROLES, type AccessStore, type AdminRole } from "../storage/access-store.ts";
import { readToken } from "./admin-token.ts";
import { refuseForwarded } from "./loopback-only.ts";
import { WrongTokens, type WrongTokensDeps } from "./wrong-tokens.ts";

/**
 * Headers that keep a browser from doing anything with an answer except giving it to the page that
 * asked.
 */
const PROTECTIVE_HEADERS = {
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
} as const;

/** Sets the protective headers on every answer. */
export const protect: RequestHandler = (_request, response, next) => {
  response.set(PROTECTIVE_HEADERS);
  next();
};

/** Who sent a request, and what they may do. */
export interface Actor {
  /** The name in the audit table: `root`, `loopback` or a token's id. */
  readonly name: string;
  readonly role: AdminRole;
}

export interface AdminAccessDeps extends WrongTokensDeps {
  readonly store: AccessStore;
  readonly crypto: CryptoProvider;
  /** The token that the server was started with: it may do everything and cannot be revoked. */
  readonly rootToken: string | undefined;
}

/** Finds out from the bearer token who has sent a request, and what they may do. */
export class AdminAccess {
  readonly #store: AccessStore;
  readonly #crypto: CryptoProvider;
  readonly #root: Uint8Array | undefined;
  readonly #wrong: WrongTokens;

  /** @throws TributaryError `CONFIG_INVALID` for an empty root token. */
  constructor({ store, crypto, rootToken, ...deps }: AdminAccessDeps) {
    if (rootToken === "") {
      throw new TributaryError("CONFIG_INVALID", "The admin token is empty", {
        remedy: "Give a token of at least 16 random characters, or none on loopback.",
      });
    }
    this.#store = store;
    this.#crypto = crypto;
    this.#wrong = new WrongTokens(deps);
    this.#root = rootToken === undefined ? undefined : crypto.sha256(utf8(rootToken));
  }

  /**
   * Finds out who has sent a request. While there is neither a root token nor a token in the store,
   * every request may do everything that passes `requireLoopback` and comes through no proxy.
   * @throws TributaryError `ADMIN_UNAUTHORIZED` when the token is missing, wrong or revoked;
   *   `ADMIN_FORBIDDEN` when there is no token and the request comes through a proxy;
   *   `RATE_LIMITED` when too many wrong tokens came from its address; `STORAGE_UNAVAILABLE`.
   */
  async identify(request: IncomingMessage): Promise<Actor> {
    const given = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
    if (given === undefined) {
      if (this.#root !== undefined || (await hasToken(this.#store))) {
        throw unauthorized("The admin API needs a token and the request has none");
      }
      refuseForwarded(request);
      return LOOPBACK;
    }
    this.#wrong.refuseGuesser(request);
    // All digests have the same length, so the time of the comparison reveals nothing, not even the
    // token's length.
    if (this.#root !== undefined && this.#equal(this.#crypto.sha256(utf8(given)), this.#root)) {
      return ROOT;
    }
    const parts = readToken(given);
    const token = parts === undefined ? undefined : await this.#store.token(parts.id);
    // An unknown token takes as long to compare as a known one.
    const digest = this.#crypto.sha256(utf8(parts?.secret ?? ""));
    const holds = this.#equal(digest, token?.digest ?? NO_DIGEST);
    if (!holds || token === undefined || token.revokedAtMs !== null) {
      this.#wrong.note(request, holds ? token?.id : undefined);
      throw unauthorized("The admin token is wrong or has been revoked");
    }
    return { name: token.id, role: token.role };
  }

  /** @throws TributaryError `ADMIN_FORBIDDEN` when the actor has fewer rights than `role`. */
  permit(actor: Actor, role: AdminRole): void {
    if (ADMIN_ROLES.indexOf(actor.role) >= ADMIN_ROLES.indexOf(role)) return;
    throw new TributaryError(
      "ADMIN_FORBIDDEN",
      `This needs a token of the role ${role}, and the request's token has the role ${actor.role}`,
      { remedy: "Ask an admin for another token.", context: { role: actor.role, needed: role } },
    );
  }

  #equal(a: Uint8Array, b: Uint8Array): boolean {
    return this.#crypto.equal(a, b);
  }
}

/** Whether there is a token in the store that has not been revoked. */
export async function hasToken(store: AccessStore): Promise<boolean> {
  return (await store.tokens()).some((token) => token.revokedAtMs === null);
}

const ROOT: Actor = { name: "root", role: "admin" };
const LOOPBACK: Actor = { name: "loopback", role: "admin" };
const NO_DIGEST: Uint8Array = new Uint8Array(32);

function unauthorized(cause: string): TributaryError {
  return new TributaryError("ADMIN_UNAUTHORIZED", cause, {
    remedy: 'Send the header "authorization: Bearer TOKEN" with a token of this server.',
  });
}
