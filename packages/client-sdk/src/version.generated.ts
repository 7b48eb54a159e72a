// Generated from package.json by `node infra/version.mjs`. Do not edit.

/** The version of @tributary/client-sdk. */
export const VERSION = "0.1.0";
