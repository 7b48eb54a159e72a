import { Command, Option } from "commander";
import { TributaryError } from "@tributary/protocol";
import type { PopulationView } from "@tributary/server";
import { gathered, wholeNumber } from "../options.ts";
import { createOutput, formatTable } from "../output.ts";
import { connectAdmin, withAdminOptions, type AdminFlags } from "./admin-options.ts";

interface PolicyFlags {
  readonly enrolment: string;
  readonly issuer?: string;
  readonly key?: readonly string[];
  readonly clockSkew?: number;
}

export function populationCommand(): Command {
  const population = new Command("population").description(
    "Who may take part: the enrolment policies of populations.",
  );

  withAdminOptions(population.command("set"))
    .argument("<name>", "population")
    .description("Set a population's policy, from the next request on.")
    .addOption(
      new Option("--enrolment <policy>", "open to all; by token; by registered device key")
        .choices(["open", "token", "device"])
        .makeOptionMandatory(),
    )
    .option("--issuer <text>", "who signs enrolment tokens: their `iss`")
    .option(
      "--key <key>",
      "Ed25519 public key of the issuer, base64url; may be given again",
      gathered,
    )
    .option("--clock-skew <seconds>", "how far clocks may be apart", wholeNumber(0, 600))
    .action(async (name: string, flags: AdminFlags & PolicyFlags) => {
      const policy = policyOf(flags);
      const admin = await connectAdmin(flags);
      const set = await admin.put<PopulationView>(pathOf(name), policy);
      createOutput(flags.json === true).result(set, describe(set));
    });

  withAdminOptions(population.command("show"))
    .argument("<name>", "population")
    .description("Show a population's policy.")
    .action(async (name: string, flags: AdminFlags) => {
      const admin = await connectAdmin(flags);
      const view = await admin.json<PopulationView>(pathOf(name));
      createOutput(flags.json === true).result(view, describe(view));
    });

  withAdminOptions(population.command("list"))
    .description("List the populations whose policy has been set.")
    .action(async (flags: AdminFlags) => {
      const admin = await connectAdmin(flags);
      const { populations } = await admin.json<{ populations: PopulationView[] }>(
        "/v1/populations",
      );
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
  return population;
}

const pathOf = (name: string): string => `/v1/populations/${encodeURIComponent(name)}`;

function policyOf({ enrolment, issuer, key, clockSkew }: PolicyFlags): object {
  if (issuer === undefined && key === undefined && clockSkew === undefined) {
    if (enrolment !== "token") return { enrolment };
    throw badPolicy("Give --issuer and --key: tokens are told by them.");
  }
  if (enrolment === "open") {
    throw badPolicy("Leave --issuer, --key and --clock-skew out: open takes no tokens.");
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
    },
  };
}

type Policy = PopulationView["policy"];

const tokenRules = (policy: Policy): Extract<Policy, { enrolment: "token" }>["token"] | undefined =>
  "token" in policy ? policy.token : undefined;

function describe({ name, policy }: PopulationView): string {
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
        ]),
  ].join("\n");
}

function badPolicy(remedy: string): TributaryError {
  return new TributaryError("BAD_PARAMETER", "The options do not make a policy", { remedy });
}
