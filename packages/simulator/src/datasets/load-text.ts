import { join } from "node:path";
import { textWindows } from "@tributary/client-sdk";
import { readUnpacked } from "../files/read-unpacked.ts";
import { unreadable } from "../files/unreadable.ts";
import { joinExamples, joinedPartition } from "../partition/join-examples.ts";
import type { Dataset, UndividedDataset } from "./dataset.ts";
import { readPlayRoles } from "./play-roles.ts";

/** How many tokens an example of text has unless the user says so: as many as the builtin model takes. */
export const USUAL_WINDOW = 64;

/** The number of different tokens of text: a token is a byte of UTF-8. */
const TOKEN_COUNT = 256;

/** The names under which the plays of Shakespeare are published. */
const PLAYS: readonly string[] = ["tinyshakespeare.txt", "input.txt"];

/** Finds the text of plays among the names of the files of a folder. */
export const findPlays = (names: readonly string[]): string | undefined =>
  names.find((name) => PLAYS.includes(name));

/**
 * Loads a file of text as windows of tokens: see `textWindows`.
 * @throws TributaryError `DATA_UNREADABLE` when it cannot be read, or is too short for a window.
 */
export async function loadText(
  file: string,
  name: string,
  window: number,
): Promise<UndividedDataset> {
  const text = await readUnpacked(file);
  const examples = textWindows(text, window);
  if (examples.count === 0) throw tooShort(file, window);
  return { name, examples, classCount: TOKEN_COUNT };
}

/**
 * Loads plays, whose natural clients are the roles. The last lines of each role are for testing.
 * Roles without a window to train on or to test on are left out.
 * @throws TributaryError `DATA_UNREADABLE` when the file cannot be read, or has no such role.
 */
export async function loadPlays(
  folder: string,
  fileName: string,
  window: number,
): Promise<Dataset> {
  const file = join(folder, fileName);
  const text = new TextDecoder().decode(await readUnpacked(file));
  const roles = readPlayRoles(text)
    .map(({ role, train, test }) => ({
      role,
      train: textWindows(train, window),
      test: textWindows(test, window),
    }))
    .filter(({ train, test }) => train.count > 0 && test.count > 0)
    .sort((one, other) => other.train.count - one.train.count);
  if (roles.length === 0) throw tooShort(file, window);
  const [train, test] = [roles.map((role) => role.train), roles.map((role) => role.test)];
  return {
    ...{ name: "shakespeare", classCount: TOKEN_COUNT },
    train: joinExamples(train),
    test: joinExamples(test),
    clients: {
      names: roles.map(({ role }) => role),
      train: joinedPartition(train),
      test: joinedPartition(test),
    },
  };
}

function tooShort(file: string, window: number): Error {
  return unreadable(file, `has no text as long as a window of ${window} bytes and one more`, {
    remedy: "Give a longer text, or smaller windows to a model that takes them.",
  });
}
