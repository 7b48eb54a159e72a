// Generated from package.json by `node infra/version.mjs`. Do not edit.

/** The version of @tributary/server. */
export const VERSION = "0.1.0";
