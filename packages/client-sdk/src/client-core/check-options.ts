import { PROTOCOL_CONSTANTS, TributaryError } from "@tributary/protocol";
import { faultOfExamples, faultOfTable } from "../examples/example-form.ts";
import type { FederatedClientOptions } from "./client-options.ts";

type Option = keyof FederatedClientOptions;

/** What an option must be. */
interface Rule {
  readonly isRequired?: boolean;
  readonly holds: (value: unknown) => boolean;
  /** What to give, as the end of a sentence. */
  readonly wanted: string;
}

const isText = (value: unknown): boolean => typeof value === "string";
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
/** Whether a value has all of these methods. Those of a class are not its own properties. */
const hasMethods =
  (...names: readonly string[]) =>
  (value: unknown): boolean =>
    isObject(value) && names.every((name) => typeof value[name] === "function");
const isOneOf =
  (...words: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === "string" && words.includes(value);
const either =
  (...rules: readonly ((value: unknown) => boolean)[]) =>
  (value: unknown): boolean =>
    rules.some((holds) => holds(value));

const areExamples = either(
  hasMethods("count", "load"),
  (value) => faultOfExamples(value) === undefined,
  (value) => faultOfTable(value) === undefined,
);

const EXAMPLES = "examples as typed arrays, a table with columns and rows, or an example store";
const TFJS_BACKENDS = ["cpu", "wasm", "webgl", "webgpu", "tensorflow"];

/** One rule for each option, in the order in which they are checked. */
const RULES: Readonly<Record<Option, Rule>> = {
  url: { isRequired: true, holds: isText, wanted: "the server's address as text" },
  population: { isRequired: true, holds: isText, wanted: "the population's name as text" },
  serverKey: { isRequired: true, holds: isText, wanted: "the server's public key as text" },
  examples: {
    isRequired: true,
    holds: areExamples,
    wanted: EXAMPLES,
  },
  heldOut: { holds: areExamples, wanted: EXAMPLES },
  engine: {
    holds: isOneOf("auto", "fused", "native", "tfjs"),
    wanted: "auto, fused, native or tfjs",
  },
  backend: {
    holds: isOneOf("auto", "reference", ...TFJS_BACKENDS),
    wanted: `auto, reference, ${TFJS_BACKENDS.join(", ")}`,
  },
  wasmPaths: { holds: either(isText, isObject), wanted: "an address, or an address for each file" },
  trainer: { holds: hasMethods("train", "evaluate"), wanted: "a LocalTrainer" },
  floors: { holds: isObject, wanted: "an object with the floors to change" },
  conditions: { holds: isObject, wanted: "an object with the conditions to set" },
  approvePlan: { holds: (value) => typeof value === "function", wanted: "a function" },
  random: { holds: hasMethods("bytes", "derive"), wanted: "a RandomSource" },
  token: {
    holds: (value) => typeof value === "string" || typeof value === "function",
    wanted: "the token as text, or a function that gets one",
  },
  deviceKey: {
    holds: (value) => value instanceof Uint8Array || hasMethods("load", "save")(value),
    wanted: "the 32-byte seed of an Ed25519 key, or a key store",
  },
  tls: { holds: isObject, wanted: "an object that says which certificates to trust" },
  agent: { holds: isObject, wanted: "an http.Agent" },
  limits: { holds: isObject, wanted: "an object with the limits to change" },
  modelStore: {
    holds: (value) =>
      isObject(value) &&
      isText(value["name"]) &&
      value["name"] !== "" &&
      (value["directory"] === undefined || isText(value["directory"])),
    wanted: "an object with the name of the store as text",
  },
  oneTab: { holds: (value) => typeof value === "boolean", wanted: "true or false" },
  worker: {
    holds: (value) =>
      value === "auto" ||
      value === false ||
      typeof value === "string" ||
      typeof value === "function" ||
      value instanceof URL ||
      hasMethods("postMessage", "terminate")(value),
    wanted: '"auto", false, a Worker, its address, or a function that starts one',
  },
};

/**
 * Holds the app's options to their types, which a program without types may miss. Values, such as the
 * form of the server's key, are checked where they are read.
 * @throws TributaryError `BAD_PARAMETER` that names the option in its message and in
 *   `context.option`.
 */
export function checkOptions(options: FederatedClientOptions): void {
  if (!isObject(options)) {
    throw new TributaryError("BAD_PARAMETER", "FederatedClient was given no options", {
      remedy: "Give it an object with url, population, serverKey and examples.",
    });
  }
  for (const [option, { isRequired = false, holds, wanted }] of Object.entries(RULES)) {
    const value: unknown = options[option];
    if (value === undefined && !isRequired) continue;
    if (holds(value)) continue;
    const fault = value === undefined ? "is missing" : `has the wrong type (${typeName(value)})`;
    throw new TributaryError("BAD_PARAMETER", `The option ${option} ${fault}`, {
      remedy: `Give ${wanted}.`,
      context: { option },
    });
  }
  checkCredentials(options);
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/**
 * Checks the token and the device key as far as that is possible without asking the app's function
 * or key store.
 */
function checkCredentials({ token, deviceKey }: FederatedClientOptions): void {
  const { maxEnrolmentTokenBytes } = PROTOCOL_CONSTANTS;
  if (deviceKey instanceof Uint8Array && deviceKey.length !== 32) {
    throw new TributaryError("BAD_PARAMETER", "The device key is not 32 bytes long", {
      remedy: "Give the 32-byte seed of an Ed25519 key, or a key store.",
    });
  }
  if (typeof token === "string" && (token === "" || token.length > maxEnrolmentTokenBytes)) {
    throw new TributaryError("BAD_PARAMETER", "The enrolment token is empty or too long", {
      remedy: `Give a token in compact JWT form, of at most ${maxEnrolmentTokenBytes} characters.`,
    });
  }
}
