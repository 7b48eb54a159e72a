import { cryptographicRandom, seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import {
  FederatedClient,
  type Conditions,
  type EngineName,
  type TrainerOptions,
} from "@tributary/client-sdk";
import { ownData } from "../datasets/own-data.ts";
import { tableChoices, type TableFlags } from "../datasets/table-flags.ts";
import { fileKeyStore } from "../files/file-key-store.ts";
import type { Output } from "../terminal/output.ts";
import { findGateway, type GatewayFlags } from "./find-gateway.ts";

/** The options of `client`, as they are typed. */
export interface ClientFlags extends TableFlags, GatewayFlags {
  readonly population: string;
  readonly data: string;
  readonly part?: { readonly index: number; readonly count: number };
  readonly holdOut?: number;
  readonly rounds?: number;
  readonly minimumCohort: number;
  readonly charging?: true;
  readonly minimumBattery?: number;
  readonly hours?: NonNullable<Conditions["hours"]>;
  readonly dailySeconds?: number;
  readonly engine: EngineName;
  readonly backend: NonNullable<TrainerOptions["backend"]>;
  readonly enrolmentToken?: string;
  readonly deviceKey?: string;
  readonly seed?: number;
  readonly json?: true;
}

/** Makes the client that the options describe, with its data and its key. */
export async function openClient(flags: ClientFlags, output: Output): Promise<FederatedClient> {
  const crypto = createNodeCryptoProvider();
  const random =
    flags.seed === undefined ? cryptographicRandom(crypto) : seededRandom(crypto, flags.seed);
  const { url, serverKey, ca } = await findGateway(flags);
  const deviceKey = flags.deviceKey === undefined ? undefined : fileKeyStore(flags.deviceKey);
  // A file that holds no key is reported now, and not when the server first asks for the key.
  await deviceKey?.load();
  const { data: source, part, holdOut } = flags;
  const { train, heldOut } = await ownData(
    { source, part, holdOut, tables: tableChoices(flags) },
    random,
    (line) => output.say(line),
  );
  const { population, engine, backend, enrolmentToken, minimumCohort } = flags;
  return new FederatedClient({
    ...{ url, serverKey, population, engine, backend, random },
    examples: train,
    floors: { minimumCohort },
    ...conditionsOf(flags),
    ...(heldOut === undefined ? {} : { heldOut }),
    ...(enrolmentToken === undefined ? {} : { token: enrolmentToken }),
    ...(deviceKey === undefined ? {} : { deviceKey }),
    ...(ca === undefined ? {} : { tls: { ca } }),
  });
}

/** The conditions that the options set, if any. */
function conditionsOf({ charging, minimumBattery, hours, dailySeconds }: ClientFlags): {
  readonly conditions?: Partial<Conditions>;
} {
  const conditions = {
    ...(charging === undefined ? {} : { charging }),
    ...(minimumBattery === undefined ? {} : { minimumBattery }),
    ...(hours === undefined ? {} : { hours }),
    ...(dailySeconds === undefined ? {} : { dailySeconds }),
  };
  return Object.keys(conditions).length === 0 ? {} : { conditions };
}
