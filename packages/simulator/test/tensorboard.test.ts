import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { planExperiment } from "../src/experiment/plan-experiment.ts";
import { crc32c } from "../src/report/tensorboard/crc32c.ts";
import { TensorBoardLog } from "../src/report/tensorboard/tensorboard-log.ts";
import type { SimulatedRound } from "../src/runner/simulated-round.ts";
import { temporaryFolder } from "./support.ts";

// The messages as TensorBoard's own files describe them, written down once more.
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Event {
    double wall_time = 1;
    int64 step = 2;
    oneof what { string file_version = 3; Summary summary = 5; }
  }
  message Summary { repeated Value value = 1; }
  message Value {
    string tag = 1;
    oneof value { float simple_value = 2; TensorProto tensor = 8; }
    SummaryMetadata metadata = 9;
  }
  message TensorProto { int32 dtype = 1; repeated bytes string_val = 8; }
  message SummaryMetadata { PluginData plugin_data = 1; }
  message PluginData { string plugin_name = 1; bytes content = 2; }
  message HParamsPluginData {
    oneof data { SessionStartInfo session_start_info = 3; SessionEndInfo session_end_info = 4; }
  }
  message SessionStartInfo { map<string, Setting> hparams = 1; string group_name = 4; }
  message SessionEndInfo { int32 status = 1; }
  message Setting {
    oneof kind { double number_value = 2; string string_value = 3; bool bool_value = 4; }
  }
`);

interface Value {
  readonly tag: string;
  readonly simpleValue?: number;
  readonly tensor?: { readonly stringVal: readonly string[] };
  readonly metadata?: { readonly pluginData: { readonly pluginName: string; content: string } };
}

interface Event {
  readonly wallTime: number;
  readonly step?: number;
  readonly fileVersion?: string;
  readonly summary?: { readonly value?: readonly Value[] };
}

function decode(type: string, bytes: Uint8Array): object {
  const found = root.lookupType(type);
  return found.toObject(found.decode(bytes), { bytes: String, longs: Number });
}

const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** The events of a file, whose checksums it checks. */
async function eventsOf(folder: string): Promise<Event[]> {
  const names = await readdir(folder);
  expect(names).toEqual([expect.stringContaining("tfevents")]);
  const file = await readFile(join(folder, names[0]!));
  const events: Event[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    expect(file.readUInt32LE(at + 8)).toBe(masked(crc32c(file.subarray(at, at + 8))));
    const message = file.subarray(at + 12, at + 12 + length);
    expect(file.readUInt32LE(at + 12 + length)).toBe(masked(crc32c(message)));
    events.push(decode("Event", message) as Event);
    at += length + 16;
  }
  return events;
}

const scalarsOf = ({ summary }: Event): Record<string, number> =>
  Object.fromEntries((summary?.value ?? []).map(({ tag, simpleValue }) => [tag, simpleValue!]));

/** A round that takes two virtual minutes. */
const round = (number: number, more: Partial<SimulatedRound> = {}): SimulatedRound => ({
  ...{ kind: "training", number, outcome: "committed", reason: null, checkpoint: null },
  ...{ selected: 2, reported: 2, fates: {} as SimulatedRound["fates"], exampleCount: 8 },
  ...{ metrics: { loss: 0.5 }, bytesUp: 1e6, bytesDown: 2e6, deviceSeconds: 36, wastedSeconds: 0 },
  ...{ endedAtMs: number * 120_000, roundTimeMs: 120_000, seconds: 0.5, trainerSeconds: 0.4 },
  score: { accuracy: 0.25 * number },
  ...more,
});

const clock = { now: (): number => 1_000_000 };

const planOf = (sections: object = {}): ReturnType<typeof planExperiment> =>
  planExperiment(
    {
      ...{ name: "digits", model: { builtin: "mcmahan-2nn" }, data: { name: "writers" } },
      ...{ partition: { name: "iid", clients: 10 }, round: { goalCount: 5 } },
      ...sections,
    },
    ".",
  );

describe("event files of TensorBoard", () => {
  it("have the figures of each round, at its virtual time", async () => {
    const folder = await temporaryFolder();
    const plan = await planOf();
    const log = new TensorBoardLog(folder, plan, clock);
    await log.begin({ ...plan.runs[0]!, index: 0 }, [round(1)]);
    const byClient = {
      accuracy: {
        ...{ p10: 0.1, p25: 0.25, p50: 0.5, p75: 0.75, p90: 0.9 },
        ...{ lowestTenth: 0, highestTenth: 1 },
      },
    };
    await log.add(round(1, { kind: "evaluation", byClient, metrics: { accuracy: 0.5 } }));
    await log.add(round(2, { outcome: "abandoned" }));
    await log.add(round(2));
    await log.end(true);

    const [version, text, start, ...rest] = await eventsOf(join(folder, "seed-1"));
    expect(version).toEqual({ wallTime: 1_000, fileVersion: "brain.Event:2" });
    expect(text!.summary!.value![0]).toMatchObject({ tag: "experiment" });
    expect(start!.summary!.value![0]!.tag).toBe("_hparams_/session_start_info");
    expect(rest.map(({ wallTime, step }) => [wallTime, step])).toEqual([
      [1_120, 1],
      [1_120, 1],
      [1_240, 2],
      [1_240, 2],
      [1_240, undefined],
    ]);
    const [first, evaluation, abandoned, second] = rest.slice(0, 4).map(scalarsOf);
    expect(first).toMatchObject({
      ...{ "score/accuracy": 0.25, "clients in training/loss": 0.5, "round/examples": 8 },
      ...{ "spent so far/megabytes up": 1, "round/virtual seconds": 120 },
    });
    expect(evaluation).toMatchObject({
      "clients in evaluation/accuracy": 0.5,
      "by client: accuracy/lowestTenth": 0,
      "by client: accuracy/p50": 0.5,
    });
    expect(abandoned).toEqual({});
    // Of all that has been sent, what came to nothing is a part.
    expect(second).toMatchObject({ "score/accuracy": 0.5, "spent so far/megabytes down": 8 });
  });

  it("have a folder for each run, and name what it was made with; seeds are of one group", async () => {
    const folder = await temporaryFolder();
    const plan = await planOf({
      ...{ seeds: [1, 2], sweep: { "plan.update": [{ codec: "eden", bits: 4 }] } },
      variants: { "long/runs": { "plan.localEpochs": 5 } },
    });
    const log = new TensorBoardLog(folder, plan, clock);
    for (const [index, run] of plan.runs.entries()) {
      await log.begin({ ...run, index }, []);
      await log.end(index === 0);
    }
    const [choice] = await readdir(folder);
    expect(choice).toBe("long_runs,_plan.update=_bits_4,_codec_eden_");
    const settings: object[] = [];
    for (const seed of ["seed-1", "seed-2"]) {
      const events = await eventsOf(join(folder, choice!, seed));
      const contents = events.flatMap(({ summary }) =>
        (summary?.value ?? []).flatMap(({ metadata }) =>
          metadata?.pluginData.pluginName === "hparams" ? [metadata.pluginData.content] : [],
        ),
      );
      settings.push(
        ...contents.map((one) => decode("HParamsPluginData", Buffer.from(one, "base64"))),
      );
    }
    const start = {
      sessionStartInfo: {
        groupName: 'long/runs, plan.update={"bits":4,"codec":"eden"}',
        hparams: {
          variant: { stringValue: "long/runs" },
          "plan.localEpochs": { numberValue: 5 },
          "plan.update.codec": { stringValue: "eden" },
          "plan.update.bits": { numberValue: 4 },
          "partition.clients": { numberValue: 10 },
          "partition.name": { stringValue: "iid" },
          "data.name": { stringValue: "writers" },
          "model.builtin": { stringValue: "mcmahan-2nn" },
          "round.goalCount": { numberValue: 5 },
        },
      },
    };
    expect(settings).toEqual([
      ...[start, { sessionEndInfo: { status: 1 } }],
      ...[start, { sessionEndInfo: { status: 2 } }],
    ]);
  });

  it("tell of the time of this machine where devices take none", async () => {
    const folder = await temporaryFolder();
    const plan = await planOf();
    const log = new TensorBoardLog(folder, plan, clock);
    await log.begin({ ...plan.runs[0]!, index: 0 }, []);
    await log.add(round(1, { endedAtMs: 0 }));
    await log.add(round(2, { endedAtMs: 0 }));
    const events = await eventsOf(join(folder, "seed-1"));
    expect(events.slice(-2).map(({ wallTime }) => wallTime)).toEqual([1_000.5, 1_001]);
  });
});

it.each([
  ["nothing", "", 0],
  ["the digits of its check", "313233343536373839", 0xe3069283],
  ["zeros", "00".repeat(32), 0x8a9136aa],
  ["ones", "ff".repeat(32), 0x62a8ab43],
])("CRC-32C gives the published checksum of %s", (_, bytes, checksum) => {
  // RFC 3720, appendix B.4
  expect(crc32c(Buffer.from(bytes, "hex"))).toBe(checksum);
});
