import { join } from "node:path";
import { mapText, type Examples } from "@tributary/client-sdk";
import { publicTokenizers } from "@tributary/client-sdk/tokenizers";
import { vocabularyOf, type TextContract } from "@tributary/protocol";
import { readUnpacked } from "../files/read-unpacked.ts";
import { unreadable } from "../files/unreadable.ts";
import { joinExamples, joinedPartition } from "../partition/join-examples.ts";
import type { Dataset, UndividedDataset } from "./dataset.ts";
import { readPlayRoles } from "./play-roles.ts";

/** What examples text becomes. */
export type TextReading = Pick<TextContract, "tokenizer" | "window">;

/** What it becomes unless the user says so: as many bytes as the builtin model takes. */
export const USUAL_READING: TextReading = { tokenizer: { name: "bytes" }, window: 64 };

/** The names under which the plays of Shakespeare are published. */
const PLAYS: readonly string[] = ["tinyshakespeare.txt", "input.txt"];

/** Finds the text of plays among the names of the files of a folder. */
export const findPlays = (names: readonly string[]): string | undefined =>
  names.find((name) => PLAYS.includes(name));

/**
 * Loads a file of text as windows of tokens: see `mapText`.
 * @throws TributaryError `DATA_UNREADABLE` when it cannot be read, or is too short for a window;
 *   `EXAMPLES_INVALID` when the tokenizer does not take it.
 */
export async function loadText(
  file: string,
  name: string,
  reading: TextReading,
): Promise<UndividedDataset> {
  const text = await readUnpacked(file);
  const examples = await mapText(text, reading, publicTokenizers);
  if (examples.count === 0) throw tooShort(file, reading);
  return { name, examples, classCount: vocabularyOf(reading.tokenizer) };
}

/**
 * Loads plays, whose natural clients are the roles. The last lines of each role are for testing.
 * Roles without a window to train on or to test on are left out.
 * @throws TributaryError `DATA_UNREADABLE` when the file cannot be read, or has no such role.
 */
export async function loadPlays(
  folder: string,
  fileName: string,
  reading: TextReading,
): Promise<Dataset> {
  const file = join(folder, fileName);
  const text = new TextDecoder().decode(await readUnpacked(file));
  const map = (part: string): Promise<Examples> => mapText(part, reading, publicTokenizers);
  const mapped = readPlayRoles(text).map(async ({ role, train, test }) => ({
    role,
    train: await map(train),
    test: await map(test),
  }));
  const roles = (await Promise.all(mapped))
    .filter(({ train, test }) => train.count > 0 && test.count > 0)
    .sort((one, other) => other.train.count - one.train.count);
  if (roles.length === 0) throw tooShort(file, reading);
  const [train, test] = [roles.map((role) => role.train), roles.map((role) => role.test)];
  return {
    ...{ name: "shakespeare", classCount: vocabularyOf(reading.tokenizer) },
    train: joinExamples(train),
    test: joinExamples(test),
    clients: {
      names: roles.map(({ role }) => role),
      train: joinedPartition(train),
      test: joinedPartition(test),
    },
  };
}

function tooShort(file: string, { tokenizer, window }: TextReading): Error {
  const unit = tokenizer.name === "bytes" ? "bytes" : "tokens";
  return unreadable(file, `has no text as long as a window of ${window} ${unit} and one more`, {
    remedy: "Give a longer text, or smaller windows to a model that takes them.",
  });
}
