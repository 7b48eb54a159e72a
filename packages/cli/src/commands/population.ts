import { Command, Option } from "commander";
import { TributaryError } from "@tributary/protocol";
import type { PopulationView } from "@tributary/server";
import { connectAdmin, withAdminOptions, type AdminFlags } from "../admin/admin-options.ts";
import { gathered, wholeNumber } from "../terminal/options.ts";
import { createOutput, formatTable } from "../terminal/output.ts";

interface PolicyFlags {
  readonly enrolment: string;
  readonly issuer?: string;
  readonly key?: readonly string[];
  readonly clockSkew?: number;
  readonly tokenLifetime?: number;
  readonly devicesPerToken?: number;
}

export function populationCommand(): Command {
  const population = new Command("population").description(
    "Decide who may take part: set and show the enrolment policies of populations.",
  );
  addSet(population);
  addShow(population);
  addList(population);
  return population;
}

function addSet(population: Command): void {
  withAdminOptions(
    population
      .command("set")
      .argument("<name>", "name of the population")
      .description("Set the enrolment policy of a population. It applies from the next request on.")
      .addOption(
        new Option(
          "--enrolment <policy>",
          "who may take part: everyone (open), clients with a token that you issue (token), or devices with a registered key (device)",
        )
          .choices(["open", "token", "device"])
          .makeOptionMandatory(),
      )
      .option("--issuer <text>", "issuer of the enrolment tokens: the value of their `iss` claim")
      .option(
        "--key <key>",
        "public key of the issuer (Ed25519, base64url); give it several times for several keys",
        gathered,
      )
      .option(
        "--clock-skew <seconds>",
        "how far the clocks of the issuer and of the server may differ",
        wholeNumber(0, 600),
      )
      .option(
        "--token-lifetime <seconds>",
        "longest time from the issue of a token to its expiry (default: 604800, a week)",
        wholeNumber(60, 31_536_000),
      )
      .option(
        "--devices-per-token <count>",
        "devices that a token without a subject may vouch for (default: 1)",
        wholeNumber(1, 1_000),
      ),
  )
    .addHelpText("after", POLICY_EXAMPLES)
    .action(async (name: string, flags: AdminFlags & PolicyFlags) => {
      const policy = policyOf(flags);
      const admin = await connectAdmin(flags);
      const set = await admin.put<PopulationView>(pathOf(name), policy);
      createOutput(flags.json === true).result(set, describe(set));
    });
}

function addShow(population: Command): void {
  withAdminOptions(
    population
      .command("show")
      .argument("<name>", "name of the population")
      .description("Show the enrolment policy of a population."),
  ).action(async (name: string, flags: AdminFlags) => {
    const admin = await connectAdmin(flags);
    const view = await admin.json<PopulationView>(pathOf(name));
    createOutput(flags.json === true).result(view, describe(view));
  });
}

function addList(population: Command): void {
  withAdminOptions(
    population.command("list").description("List the populations that have a policy of their own."),
  ).action(async (flags: AdminFlags) => {
    const admin = await connectAdmin(flags);
    const { populations } = await admin.json<{ populations: PopulationView[] }>("/v1/populations");
    const rows = populations.map(({ name, policy }) => [
      name,
      policy.enrolment,
      tokenRules(policy)?.issuer ?? "",
    ]);
    createOutput(flags.json === true).result(
      { populations },
      populations.length === 0
        ? "no policies yet: all populations are open"
        : formatTable(["population", "enrolment", "tokens of"], rows),
    );
  });
}

const POLICY_EXAMPLES = `
Examples:
  tributary population set keyboard --enrolment open
  tributary population set keyboard --enrolment token --issuer https://example.org --key BASE64URL
  tributary population set keyboard --enrolment device

docs/enrolment.md explains the policies.`;

const pathOf = (name: string): string => `/v1/populations/${encodeURIComponent(name)}`;

function policyOf({ enrolment, issuer, key, ...rules }: PolicyFlags): object {
  const { clockSkew, tokenLifetime, devicesPerToken } = rules;
  const settings = [issuer, key, clockSkew, tokenLifetime, devicesPerToken];
  if (settings.every((setting) => setting === undefined)) {
    if (enrolment !== "token") return { enrolment };
    throw badPolicy("Add --issuer and --key: tokens are checked against them.");
  }
  if (enrolment === "open") {
    throw badPolicy(
      "Leave out --issuer, --key and what else is about tokens: an open population takes none.",
    );
  }
  if (issuer === undefined || key === undefined) {
    throw badPolicy("Give both --issuer and --key.");
  }
  return {
    enrolment,
    token: {
      issuer,
      keys: key,
      ...(clockSkew === undefined ? {} : { clockSkewSeconds: clockSkew }),
      ...(tokenLifetime === undefined ? {} : { maximumLifetimeSeconds: tokenLifetime }),
      ...(devicesPerToken === undefined ? {} : { devicesPerToken }),
    },
  };
}

type Policy = PopulationView["policy"];

const tokenRules = (policy: Policy): Extract<Policy, { enrolment: "token" }>["token"] | undefined =>
  "token" in policy ? policy.token : undefined;

function describe({ name, policy, devices, selfRegisteredDevices }: PopulationView): string {
  const { enrolment } = policy;
  const token = tokenRules(policy);
  return [
    `population  ${name}`,
    `enrolment   ${enrolment}`,
    ...(token === undefined
      ? []
      : [
          `tokens of   ${token.issuer}`,
          ...token.keys.map((key) => `signed by   ${key}`),
          `clock skew  ${token.clockSkewSeconds} s`,
          `lifetime    at most ${token.maximumLifetimeSeconds} s`,
          `vouches for ${token.devicesPerToken} devices without a subject`,
        ]),
    `devices     ${devices}, of which ${selfRegisteredDevices} registered themselves`,
  ].join("\n");
}

function badPolicy(remedy: string): TributaryError {
  return new TributaryError("BAD_PARAMETER", "These options do not make a policy", { remedy });
}
