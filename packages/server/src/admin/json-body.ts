import type { z } from "zod";
import { nothingSchema } from "./admin-schemas.ts";
import { readJsonBody } from "./request-bytes.ts";
import { readValue, type RequestBody } from "./route.ts";

/** Reads a JSON body that matches the schema in the documentation. */
export function jsonBody<Value>(
  schema: z.ZodType<Value>,
  maxBytes: number,
  description: string,
): RequestBody<Value> {
  return {
    description,
    content: { "application/json": { schema } },
    read: async (request) =>
      readValue(schema, await readJsonBody(request, maxBytes), "The request's body"),
  };
}

/** A body without data. Its content type shows that no web page forged the request. */
export function nothingBody(maxBytes: number): RequestBody<Readonly<Record<string, never>>> {
  return jsonBody(
    nothingSchema,
    maxBytes,
    "Nothing, or an empty object; the content type must be there.",
  );
}
