import { DeskError, invalidData } from "../errors.ts";
import { isRow, type Json, type Row } from "../json.ts";
import type { NeededScope } from "../oauth/scopes.ts";
import type { Cause } from "../store/state.ts";

/** A verb of the API. */
export type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

/** A call as a route sees it. */
export interface Call {
  /** Values of the template's `:names`. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The body as text; empty when there was none. */
  readonly bodyText: string;
  /** What webhooks ask about the cause of a write. */
  readonly cause: Cause;
}

/** An answer; without a body it has zero bytes. */
export interface Answer {
  readonly status: number;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One endpoint. */
export interface Route {
  readonly method: Method;
  /** Path below `/api/v1`, with `:name` segments. */
  readonly path: string;
  readonly scope: NeededScope;
  /** Query parameters it knows, beside orgId. */
  parameters(): readonly string[];
  /** Credits of a call. */
  weight(query: URLSearchParams): number;
  /** Refuses a call for a record that is not there, or a body that is no JSON, before parameters are looked at. */
  locate?(call: Call): void;
  handle(call: Call): Answer | Promise<Answer>;
  /** Works without orgId (organizations). */
  readonly withoutOrg?: boolean;
}

/** A list's answer: 204 without a body when it is empty. */
export function listAnswer(rows: readonly Row[], listKey = "data", more: Row = {}): Answer {
  return rows.length === 0 ? { status: 204 } : { status: 200, body: { [listKey]: rows, ...more } };
}

/** The JSON object in a call's body; 422 when it is empty, broken or no object. */
export function bodyOf({ bodyText }: Call): Row {
  if (bodyText.trim() === "") throw new DeskError(422, "EMPTY_PAYLOAD", "The payload is empty.");
  const body = parse(bodyText);
  if (!isRow(body)) throw invalidData([{ fieldName: "/", errorType: "invalid" }]);
  if (Object.keys(body).length === 0) throw new DeskError(422, "EMPTY_PAYLOAD", "The payload is empty.");
  return body;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** No query parameters. */
export function noParameters(): readonly string[] {
  return [];
}

/** One credit. */
export function one(): number {
  return 1;
}
