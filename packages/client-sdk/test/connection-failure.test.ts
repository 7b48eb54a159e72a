import { expect, it } from "vitest";
import { connectionFailure } from "../src/platform/connection-failure.ts";

it.each([
  ["ECONNREFUSED", /that the server runs/],
  ["ENOTFOUND", /no address is known/],
  ["ECONNRESET", /use wss:\/\//],
  ["EPROTO", /does not speak TLS/],
  ["ERR_SSL_WRONG_VERSION_NUMBER", /does not speak TLS/],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", /tls\.ca/],
  ["CERT_HAS_EXPIRED", /Renew the server's certificate/],
  ["ERR_TLS_CERT_ALTNAME_INVALID", /tls\.servername/],
  ["EMFILE", /ulimit -n/],
  ["EWHATEVER", /Check the address/],
])("A connection that fails with %s has the remedy for that", (code, remedy) => {
  const error = connectionFailure(Object.assign(new Error(`it failed\nlong text`), { code }));
  expect(error.code).toBe("CONNECTION_FAILED");
  expect(error.message).toContain("could not be reached: it failed.");
  expect(error.remedy).toMatch(remedy);
});

it.each([
  ["Unexpected server response: 200", {}, "captive-portal"],
  ["Unexpected server response: 302", {}, "captive-portal"],
  ["Unexpected server response: 511", {}, "captive-portal"],
  ["Unexpected server response: 503", {}, undefined],
  ["self-signed certificate", { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }, "certificate"],
  ["certificate has expired", { code: "CERT_HAS_EXPIRED" }, "certificate"],
  ["wrong name", { code: "ERR_TLS_CERT_ALTNAME_INVALID" }, "certificate"],
  ["connect ECONNREFUSED", { code: "ECONNREFUSED" }, undefined],
])("A connection that fails with %s %j has the cause %s", (message, code, cause) => {
  const { context } = connectionFailure(Object.assign(new Error(message), code));
  expect(context["cause"]).toBe(cause);
});

it("A network that wants a person to sign in has the remedy for that", () => {
  const error = connectionFailure(new Error("Unexpected server response: 302"));
  expect(error.remedy).toMatch(/Sign in to the network/);
});

it("An answer of another program has the remedy for that", () => {
  const error = connectionFailure(new Error("Unexpected server response: 404"));
  expect(error.remedy).toMatch(/no Tributary server/);
});
