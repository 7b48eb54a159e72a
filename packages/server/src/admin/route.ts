// A route is a value. The Express handler and the entry in /openapi.json are both made from it, so
// the documentation always describes what the server does.
import type { IncomingMessage } from "node:http";
import type { Request, Response } from "express";
import * as z from "zod";
import { TributaryError } from "@tributary/protocol";
import type { AdminRole } from "../storage/access-store.ts";
import type { AnsweredCode } from "./error-status.ts";

/** A zod schema, or JSON Schema for what zod cannot express. */
export type BodySchema = z.ZodType | Readonly<Record<string, unknown>>;

/** The body that a request may have, by content type, and how it is read. */
export interface RequestBody<Value> {
  readonly description: string;
  readonly content: Readonly<
    Record<
      string,
      {
        readonly schema: BodySchema;
        /** Content types of the parts of a form. */
        readonly encoding?: Readonly<Record<string, { readonly contentType: string }>>;
      }
    >
  >;
  /** @throws TributaryError; the request is then answered with it. */
  read(request: IncomingMessage): Promise<Value>;
}

/** The answer to a request that succeeds. */
export interface DocumentedAnswer {
  readonly status: 200 | 201;
  readonly description: string;
  readonly contentType: string;
  /** Absent for bytes and text. */
  readonly schema?: z.ZodType;
}

/** One route, without the types of its parameters. */
export interface Route {
  readonly method: "get" | "post" | "put";
  /** The path in OpenAPI's notation, such as `/v1/tasks/{id}`. */
  readonly path: string;
  /** The route's `operationId` in the OpenAPI document. */
  readonly operation: string;
  readonly summary: string;
  /** Whether the route answers without a token, which probes need. */
  readonly open: boolean;
  /** The role that a request needs, unless the route is open. */
  readonly role: AdminRole;
  readonly params: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  readonly headers: z.ZodType | undefined;
  readonly body: RequestBody<unknown> | undefined;
  readonly answer: DocumentedAnswer;
  /** The errors that this route can give, besides those that any route can give. */
  readonly errors: readonly AnsweredCode[];
  /** @param done - Called when the change has been made, before the answer is sent. */
  respond(request: Request, response: Response, done: Done): Promise<void>;
}

/**
 * Writes a change into the audit table.
 * @param note - What the path does not say about the change, for people.
 */
export type Done = (note: string) => Promise<void>;

/** The checked parts of a request. */
export interface RouteRequest<Params, Query, Body, Headers = Nothing> {
  readonly params: Params;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
}

interface RouteSpec<Params, Query, Body, Headers = Nothing> {
  readonly method: "get" | "post" | "put";
  readonly path: string;
  readonly operation: string;
  readonly summary: string;
  readonly open?: boolean;
  /**
   * The role that a request needs. If left out, a viewer may `get`, and everything else needs an
   * operator.
   */
  readonly role?: AdminRole;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  /** Headers that the route reads; their names are in lower case. Others are ignored. */
  readonly headers?: z.ZodType<Headers>;
  readonly body?: RequestBody<Body>;
  readonly errors?: readonly AnsweredCode[];
}

type Nothing = Readonly<Record<never, never>>;

interface JsonRouteSpec<Answer extends z.ZodType, Params, Query, Body, Headers> extends RouteSpec<
  Params,
  Query,
  Body,
  Headers
> {
  readonly answer: {
    readonly status?: 200 | 201;
    readonly description: string;
    readonly contentType?: string;
    readonly schema: Answer;
  };
  handle(request: RouteRequest<Params, Query, Body, Headers>): Promise<{
    readonly json: z.output<Answer>;
    readonly headers?: Readonly<Record<string, string>>;
    /** What the path does not say about the change, for the audit table. */
    readonly note?: string;
  }>;
}

/** Makes a route that answers with JSON of the documented schema. */
export function jsonRoute<
  Answer extends z.ZodType,
  Params = Nothing,
  Query = Nothing,
  Body = undefined,
  Headers = Nothing,
>(spec: JsonRouteSpec<Answer, Params, Query, Body, Headers>): Route {
  const { status = 200, contentType = "application/json", description, schema } = spec.answer;
  return {
    ...documented(spec),
    answer: { status, contentType, description, schema },
    async respond(request, response, done) {
      const { json, headers, note = "" } = await spec.handle(await readRequest(spec, request));
      response.set(headers ?? {});
      await done(note);
      response.status(status).type(contentType).send(JSON.stringify(json));
    },
  };
}

/** Bytes or text of any content type. */
export interface RawAnswer {
  /** The name of the content. A client that already has it gets the status 304. */
  readonly etag?: string;
  readonly contentType?: string;
  /** Reads the content. It is not called when the client already has it. */
  content(): Promise<Uint8Array | string>;
}

interface RawRouteSpec<Params, Query> extends RouteSpec<Params, Query, undefined> {
  readonly answer: { readonly description: string; readonly contentType: string };
  handle(request: RouteRequest<Params, Query, undefined>): Promise<RawAnswer>;
}

/** Makes a route that answers with bytes or text. */
export function rawRoute<Params = Nothing, Query = Nothing>(
  spec: RawRouteSpec<Params, Query>,
): Route {
  return {
    ...documented(spec),
    answer: { status: 200, ...spec.answer },
    async respond(request, response) {
      const answer = await spec.handle(await readRequest(spec, request));
      if (answer.etag !== undefined) {
        // The content never changes, but the right to see it can, so a browser must ask each time.
        response.set({ etag: `"${answer.etag}"`, "cache-control": "private, no-cache" });
        if (request.fresh) {
          response.status(304).end();
          return;
        }
      }
      const content = await answer.content();
      response.status(200).set("content-type", answer.contentType ?? spec.answer.contentType);
      response.send(typeof content === "string" ? content : bufferOf(content));
    },
  };
}

/** The same memory as a Buffer, which is what Express takes for bytes. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function documented<Params, Query, Body, Headers>(
  spec: RouteSpec<Params, Query, Body, Headers>,
): Omit<Route, "answer" | "respond"> {
  const { method, path, operation, summary, open, role, params, query, headers, body } = spec;
  return {
    method,
    path,
    operation,
    summary,
    open: open ?? false,
    role: role ?? (method === "get" ? "viewer" : "operator"),
    params,
    query,
    headers,
    body,
    errors: spec.errors ?? [],
  };
}

async function readRequest<Params, Query, Body, Headers>(
  spec: RouteSpec<Params, Query, Body, Headers>,
  request: Request,
): Promise<RouteRequest<Params, Query, Body, Headers>> {
  return {
    params: parse(spec.params, request.params, "path"),
    query: parse(spec.query, request.query, "query"),
    headers:
      spec.headers === undefined ? ({} as Headers) : parse(spec.headers, request.headers, "head"),
    body: (await spec.body?.read(request)) as Body,
  };
}

const nothing = z.strictObject({});

/**
 * A parameter that the route does not know is refused. Otherwise a misspelt one would silently have
 * its default.
 */
function parse<Value>(schema: z.ZodType<Value> | undefined, value: unknown, where: string): Value {
  return readValue((schema ?? nothing) as z.ZodType<Value>, value, `The request's ${where}`);
}

/** @throws TributaryError `BAD_PARAMETER` for the first fault, with its path. */
export function readValue<Value>(schema: z.ZodType<Value>, value: unknown, what: string): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const keys = issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  const at = [...(issue?.path ?? []), ...keys].map(String).join(".").slice(0, 120);
  const cause = issue?.code === "unrecognized_keys" ? "has the unknown key" : "is not valid at";
  throw new TributaryError(
    "BAD_PARAMETER",
    at === "" ? `${what} is not valid` : `${what} ${cause} ${at}`,
    {
      remedy:
        issue?.code === "unrecognized_keys" ? "Leave it out." : (issue?.message ?? "Correct it."),
      context: { path: at },
    },
  );
}
