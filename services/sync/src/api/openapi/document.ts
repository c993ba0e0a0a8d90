import type { JsonObject } from "@deskmirror/model";
import * as z from "zod";
import { refusal } from "./answers.ts";

/** One call of the admin API. */
export interface Operation {
  readonly method: "get" | "post" | "patch" | "delete";
  /** `/api/sources/{name}`. */
  readonly path: string;
  readonly tag: "Sources" | "Runs" | "Held deletes" | "Dead letters" | "This description";
  /** One sentence. */
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** What it answers, by status. */
  readonly answers: Readonly<Record<number, z.ZodType>>;
  /** How it may refuse, beside what every call may be refused for. */
  readonly refusals: readonly number[];
}

/** What every call may be refused for: it cannot be read (400, 413), its token (401, 429), or what it needs is away (503). */
export const refusedAlways: readonly number[] = [400, 401, 413, 429, 503];

const meanings: Readonly<Record<number, string>> = {
  200: "Done.",
  201: "Made.",
  202: "Begun: the run goes on in the background.",
  400: "The request cannot be read.",
  401: "The admin token is missing or wrong.",
  404: "There is no such thing.",
  409: "It does not go together with what is there.",
  413: "The body is too large.",
  422: "A field is wrong; the message names it.",
  429: "Too many wrong tokens from this address.",
  503: "Redis, the sink or Zoho is away; try again.",
};

/** Describes the admin API: an OpenAPI 3.1 document. */
export function createDocument(operations: readonly Operation[], version: string): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Deskmirror",
      version,
      description:
        "Keeps a live copy of Zoho Desk organizations in your database. Long work answers 202 with a run; `wait` holds the answer up to 60 s.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    security: [{ adminToken: [] }],
    paths,
    components: {
      securitySchemes: { adminToken: { type: "http", scheme: "bearer", description: "ADMIN_TOKEN of sync" } },
      schemas: { Error: toSchema(refusal, "output") },
    },
  };
}

function describe({ path, tag, summary, query, body, answers, refusals }: Operation): JsonObject {
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => toParameter("path", name!, { type: "string" }));
  const { properties = {} } = query === undefined ? {} : toSchema(query, "input");
  const asked = Object.entries(properties as JsonObject).map(([name, schema]) => toParameter("query", name, schema));
  const good = Object.entries(answers).map(([status, schema]) => [status, toAnswer(Number(status), schema)] as const);
  const bad = [...refusals, ...refusedAlways].map((status) => [status, toRefusal(status)] as const);
  return {
    tags: [tag],
    summary,
    operationId: toId(summary),
    parameters: [...named, ...asked],
    ...(body !== undefined && { requestBody: toContent(toSchema(body, "input"), !isAllOptional(body)) }),
    responses: Object.fromEntries([...good, ...bad]),
  };
}

function toParameter(place: "path" | "query", name: string, schema: unknown): JsonObject {
  return { name, in: place, required: place === "path", schema: schema as JsonObject };
}

function toAnswer(status: number, schema: z.ZodType): JsonObject {
  return { description: meanings[status]!, ...toContent(toSchema(schema, "output")) };
}

function toRefusal(status: number): JsonObject {
  return { description: meanings[status]!, ...toContent({ $ref: "#/components/schemas/Error" }) };
}

function toContent(schema: JsonObject, required?: boolean): JsonObject {
  return { ...(required !== undefined && { required }), content: { "application/json": { schema } } };
}

function isAllOptional(body: z.ZodObject): boolean {
  return body.safeParse({}).success;
}

function toSchema(schema: z.ZodType, io: "input" | "output"): JsonObject {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest as JsonObject;
}

/** `Read one source` → `readOneSource`. */
function toId(summary: string): string {
  return summary
    .toLowerCase()
    .replaceAll(/[^a-z ]/g, "")
    .replaceAll(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
}
