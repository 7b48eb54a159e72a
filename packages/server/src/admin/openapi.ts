import * as z from "zod";
import { adminSchemas } from "./admin-schemas.ts";
import { statusOf, type AnsweredCode } from "./error-status.ts";
import type { BodySchema, Route } from "./route.ts";

type Json = Readonly<Record<string, unknown>>;

const refTo = (name: string): string => `#/components/schemas/${name}`;

/** Makes the OpenAPI 3.1 document that describes these routes. */
export function openApiDocument(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method] = operationOf(route);
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Tributary admin API",
      version,
      description: "Tasks, rounds, models and access of one Tributary server.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description:
            "An admin token with a role: viewer, operator or admin. " +
            "A server on loopback may be used without a token until the first one is created.",
        },
      },
    },
  };
}

function componentSchemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(adminSchemas)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io: "input", uri: refTo });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, withoutIdentity(schema)]),
  );
}

/** Removes a schema's dialect and name, which it may not have as a part of a larger document. */
function withoutIdentity(schema: Json): Json {
  const { $schema: _dialect, $id: _name, ...content } = schema;
  return content;
}

function operationOf(route: Route): Json {
  return {
    operationId: route.operation,
    summary: route.summary,
    ...(route.open
      ? { security: [] }
      : { description: `Needs a token of the role ${route.role} or of a higher one.` }),
    ...([route.params, route.query, route.headers].every((schema) => schema === undefined)
      ? {}
      : {
          parameters: [
            ...parametersOf(route.params, "path"),
            ...parametersOf(route.query, "query"),
            ...parametersOf(route.headers, "header"),
          ],
        }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            description: route.body.description,
            // An order without data has a body too: its content type must be there.
            required: true,
            content: Object.fromEntries(
              Object.entries(route.body.content).map(([type, { schema, ...encoding }]) => [
                type,
                { schema: schemaJson(schema), ...encoding },
              ]),
            ),
          },
        }),
    responses: { [route.answer.status]: answerOf(route), ...errorAnswersOf(route) },
  };
}

function parametersOf(
  schema: z.ZodType | undefined,
  where: "path" | "query" | "header",
): readonly Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...content } = typeof property === "boolean" ? {} : property;
    return {
      name,
      in: where,
      required: where === "path" || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: content,
    };
  });
}

function answerOf({ answer }: Route): Json {
  return {
    description: answer.description,
    content: {
      [answer.contentType]:
        answer.schema === undefined ? {} : { schema: schemaJson(answer.schema) },
    },
  };
}

/**
 * The error codes of a route by HTTP status: its own, and those that every route of its kind can
 * give.
 */
function errorAnswersOf(route: Route): Json {
  const byStatus = new Map<number, AnsweredCode[]>();
  for (const code of errorCodesOf(route)) {
    const status = statusOf(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.join(", "),
        content: { "application/json": { schema: { $ref: refTo("Error") } } },
      },
    ]),
  );
}

/** All errors that a route can give. */
function errorCodesOf(route: Route): ReadonlySet<AnsweredCode> {
  const codes = new Set<AnsweredCode>(["BAD_PARAMETER"]);
  if (!route.open) codes.add("ADMIN_UNAUTHORIZED").add("RATE_LIMITED");
  codes.add("ADMIN_FORBIDDEN");
  if (route.body !== undefined) codes.add("ADMIN_BODY_TOO_LARGE").add("ADMIN_BODY_TYPE");
  for (const code of route.errors) codes.add(code);
  codes.add("INTERNAL");
  if (route.path.startsWith("/v1/")) codes.add("STORAGE_UNAVAILABLE");
  return codes;
}

/** The JSON Schema of a body: a reference when the document has a name for the schema. */
function schemaJson(schema: BodySchema): Json {
  if (!(schema instanceof z.ZodType)) return schema;
  const name = Object.entries(adminSchemas).find(([, known]) => known === schema)?.[0];
  return name === undefined
    ? withoutIdentity(z.toJSONSchema(schema, { io: "input" }))
    : { $ref: refTo(name) };
}
