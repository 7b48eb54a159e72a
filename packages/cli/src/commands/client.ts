import { Command } from "commander";
import { TributaryError, asTributaryError } from "@tributary/protocol";
import type { FederatedClient } from "@tributary/client-sdk";
import { publishedNames } from "@tributary/simulator/names";
import { withTableOptions } from "../datasets/table-flags.ts";
import {
  backendOption,
  engineOption,
  finiteNumber,
  fraction,
  hoursOfDay,
  partOf,
  wholeNumber,
  windowOption,
} from "../terminal/options.ts";
import { createOutput, formatBytes, type Output } from "../terminal/output.ts";
import { stopSignal } from "../terminal/stop-signal.ts";
import { clientError, showParticipation } from "./client-progress.ts";
import type { ClientFlags } from "./open-client.ts";

export function clientCommand(): Command {
  return withClientOptions(new Command("client")).action(async (flags: ClientFlags) => {
    const output = createOutput(flags.json === true);
    // Loaded only here, so that the help of the command comes at once.
    const { openClient } = await import("./open-client.ts");
    const client = await openClient(flags, output);
    const { reports, bytesUp, checkpoint } = await takePart(client, flags.rounds, output);
    if (flags.rounds !== undefined && reports < flags.rounds) {
      throw new TributaryError(
        "ABORTED",
        `The client was stopped after ${reports} of ${flags.rounds} rounds`,
      );
    }
    output.result(
      { reports, bytesUp, checkpoint },
      `reported in ${reports} ${reports === 1 ? "round" : "rounds"}, sent ${formatBytes(bytesUp)}`,
    );
  });
}

function withClientOptions(command: Command): Command {
  return withTableOptions(
    command
      .description(
        "Take part in training with data on this machine. The data never leaves it: only updates to the model are sent.",
      )
      .option(
        "--url <url>",
        "address of the server's gateway (default: that of the server that runs with --data-dir)",
      )
      .option(
        "--server-key <key>",
        "public key that the server must prove to have, as `tributary serve` prints it",
      )
      .option("--ca <file>", "certificate to trust, for a server that made its own certificate")
      .option("--population <name>", "population to join", "demo")
      .option(
        "--data <source>",
        `what to train on: writers (digits of one more writer, drawn by the command), ${publishedNames.join(", ")}, or the path of a folder, of a file with a table or of a text`,
        "writers",
      )
      .option(
        "--hold-out <fraction>",
        "keep this fraction of the data for evaluation and do not train on it",
        fraction,
      )
      .option("--part <k/n>", "divide the data into n equal parts and use only the k-th", partOf)
      .option(
        "--rounds <count>",
        "leave after this many rounds (default: stay until the command is stopped)",
        wholeNumber(1),
      )
      .option(
        "--minimum-cohort <count>",
        "take part in rounds only that average over at least so many clients; with 1, the server may see what this client alone has learnt",
        wholeNumber(1),
        2,
      )
      .option("--charging", "work only while this machine is on external power")
      .option(
        "--minimum-battery <share>",
        "work only while the battery is charged to at least this share, such as 0.5",
        finiteNumber,
      )
      .option(
        "--hours <from-to>",
        "work only within these hours of each day by this machine's clock, such as 22:00-06:00",
        hoursOfDay,
      )
      .option(
        "--daily-seconds <count>",
        "work at most so many seconds in a day; what was used is remembered in .tributary/usage",
        wholeNumber(1, 86_400),
      )
      .addOption(windowOption())
      .addOption(engineOption())
      .addOption(backendOption())
      .option("--enrolment-token <jwt>", "enrolment token, for a population that requires one")
      .option(
        "--device-key <file>",
        "file with the key of this device; it is created if it does not exist",
      )
      .option(
        "--seed <number>",
        "make the reports of this client repeatable, for experiments; which clients a round takes is up to the server, by who comes first; a real client must not use it",
        wholeNumber(0),
      )
      .option(
        "--data-dir <folder>",
        "data folder of a server that runs on this machine",
        "./.tributary",
      )
      .option("--json", "print the result as one line of JSON when the client ends"),
  ).addHelpText("after", EXAMPLES);
}

const EXAMPLES = `
Examples:
  tributary client                                  join the server that runs on this machine
  tributary client --data mnist --part 3/10         train on the third tenth of MNIST
  tributary client --url wss://example.org:8443 --server-key tributary-key-v1:…
                                                    join a server elsewhere`;

interface Participation {
  /** Training rounds in which the server has accepted a report of this client. */
  readonly reports: number;
  readonly bytesUp: number;
  /** The newest checkpoint that this client has helped to make. */
  readonly checkpoint: string | null;
}

/**
 * Takes part until the user stops the command or the given number of rounds is done, and closes the
 * client.
 */
async function takePart(
  client: FederatedClient,
  rounds: number | undefined,
  output: Output,
): Promise<Participation> {
  const aborter = new AbortController();
  void stopSignal().then(() => aborter.abort());
  const show = showParticipation(output);
  let purpose: "training" | "evaluation" = "training";
  let reports = 0;
  let bytesUp = 0;
  let checkpoint: string | null = null;
  try {
    for await (const event of client.participate({ signal: aborter.signal })) {
      show(event);
      // The data of this command does not change, so that it would not fit the next time either.
      if (event.type === "withdrawn" && event.error.code === "EXAMPLES_INVALID") throw event.error;
      if (event.type === "selected") ({ purpose } = event);
      if (event.type === "reported") {
        if (purpose === "training") reports += 1;
        bytesUp += event.bytesUp;
      }
      if (event.type !== "round-finished") continue;
      if (event.purpose === "training" && event.outcome.type === "committed") {
        ({ checkpoint } = event.outcome);
      }
      if (rounds !== undefined && reports >= rounds) break;
    }
  } catch (error) {
    throw clientError(asTributaryError(error));
  } finally {
    await client.close();
  }
  return { reports, bytesUp, checkpoint };
}
