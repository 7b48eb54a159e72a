import type { IncomingMessage } from "node:http";
import * as z from "zod";
import {
  TributaryError,
  builtinModelOf,
  layoutOf,
  parseTask,
  parseTfjsModel,
  readTfjsWeights,
  requireTrainableModel,
  withModelDefaults,
  type ProtocolConstants,
  type ModelDescription,
  type RandomSource,
  type TaskDefinition,
  type TfjsModel,
} from "@tributary/protocol";
import { taskCreationSchema } from "./admin-schemas.ts";
import { readModelUpload, type ModelUpload } from "./model-upload.ts";
import { contentTypeOf, readJsonBody } from "./request-bytes.ts";
import { readValue, type RequestBody } from "./route.ts";

/** A task that an operator wants to create, with its model. */
export interface NewTask {
  readonly definition: TaskDefinition;
  readonly model: ModelDescription;
  /** Initial parameters, in layout order. */
  readonly values: Float32Array;
  /** Whether to start the task at once. */
  readonly start: boolean;
}

interface NewTaskDeps {
  /** Draws the weights of builtin models. */
  readonly random: RandomSource;
  readonly constants: ProtocolConstants;
}

const BINARY_FILE = { type: "string", contentMediaType: "application/octet-stream" } as const;

/**
 * Describes and reads the body of `POST /v1/tasks`. It is JSON for a task with a builtin model, and
 * a form with the model's files for any other. Forms are read one at a time, so that no more than
 * one uploaded model is in memory.
 */
export function newTaskBody(deps: NewTaskDeps): RequestBody<NewTask> {
  let lastUpload: Promise<unknown> = Promise.resolve();
  const inTurn = <Value>(work: () => Promise<Value>): Promise<Value> => {
    const result = lastUpload.then(work);
    lastUpload = result.catch(() => {});
    return result;
  };
  return {
    description:
      "JSON for a builtin model. For a tfjs LayersModel of your own, a form with these parts: " +
      "`task` with that JSON, `model` with the model.json, and `weights` once for each file of " +
      "its manifest, under the file name that the manifest has.",
    content: {
      "application/json": { schema: taskCreationSchema },
      "multipart/form-data": {
        schema: {
          type: "object",
          properties: {
            task: { $ref: "#/components/schemas/TaskCreation" },
            model: { type: "object", description: "The model.json of a tfjs LayersModel." },
            weights: { type: "array", items: BINARY_FILE },
          },
          required: ["task", "model", "weights"],
          additionalProperties: false,
        },
        encoding: {
          task: { contentType: "application/json" },
          model: { contentType: "application/json" },
          weights: { contentType: "application/octet-stream" },
        },
      },
    },
    read: (request: IncomingMessage) =>
      contentTypeOf(request) === "multipart/form-data"
        ? inTurn(async () =>
            uploadedTask(await readModelUpload(request, deps.constants), deps.constants),
          )
        : readJsonBody(request, deps.constants.maxPlanBytes).then((value) =>
            builtinTask(value, deps.random),
          ),
  };
}

function builtinTask(value: unknown, random: RandomSource): NewTask {
  const { definition, start } = readCreation(value);
  if (!("builtin" in definition.model)) {
    throw new TributaryError(
      "TASK_INVALID",
      `The task's model is the file ${definition.model.path.slice(0, 120)}, ` +
        "which the server does not have",
      {
        remedy:
          "Create the task with `tributary task create`, which uploads the model's files, " +
          "or send them as a form.",
        context: { path: "model.path" },
      },
    );
  }
  const { description, values } = builtinModelOf(definition.model, definition, random);
  return { definition, model: description, values, start };
}

function uploadedTask(upload: ModelUpload, constants: ProtocolConstants): NewTask {
  const model = parseTfjsModel(upload.model);
  const { definition, start } = readCreation(upload.task, model);
  if ("builtin" in definition.model) {
    throw new TributaryError(
      "TASK_INVALID",
      `The task names the builtin model ${definition.model.builtin}, but a model was uploaded`,
      {
        remedy: "Write `model: { path: model.json }` into the task file.",
        context: { path: "model.builtin" },
      },
    );
  }
  layoutOf(model.description.parameters, constants.maxParameters);
  requireTrainableModel(model.description);
  const named = new Set(model.groups.flatMap((group) => group.paths));
  for (const file of upload.files.keys()) {
    if (named.has(file)) continue;
    throw new TributaryError(
      "BAD_PARAMETER",
      `The model does not name the file ${file.slice(0, 120)}`,
      {
        remedy: `Send the files of its weights manifest: ${[...named].join(", ").slice(0, 200)}.`,
        context: { file: file.slice(0, 120) },
      },
    );
  }
  const values = readTfjsWeights(model, upload.files);
  return { definition, model: model.description, values, start };
}

/** `taskCreationSchema` without the definition. `parseTask` checks it, and its errors say more. */
const envelopeSchema = z.strictObject({
  definition: z.unknown().optional(),
  start: taskCreationSchema.shape.start,
});

/** @param model - The uploaded model, which completes what the definition leaves out. */
function readCreation(
  value: unknown,
  model?: TfjsModel,
): { definition: TaskDefinition; start: boolean } {
  const { definition, start } = readValue(envelopeSchema, value, "The request's body");
  const completed = model === undefined ? definition : withModelDefaults(definition, model);
  return { definition: parseTask(completed), start };
}
