import assert from "node:assert/strict";
import { after } from "node:test";
import { shown } from "../../src/json.ts";
import {
  createDeskEmulator,
  type DeskEmulator,
  type DeskEmulatorOptions,
  type Row,
  type TableName,
} from "../../src/index.ts";
import type { StoreRecord } from "../../src/index.ts";

/** An answer of the API, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; an empty object when it had zero bytes. */
  readonly body: Row;
  /** The rows of a list. */
  readonly rows: readonly Row[];
}

/** What a call of the API may say. */
export interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly signal?: AbortSignal;
}

/** An emulator with a token, and the calls tests make. */
export interface TestDesk {
  readonly emulator: DeskEmulator;
  call(path: string, options?: CallOptions): Promise<Answer>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  patch(path: string, body: unknown): Promise<Answer>;
  /** Asks the token endpoint with a form body. */
  token(parameters: Readonly<Record<string, string>>): Promise<Answer>;
  /** Exchanges a fresh code; gives the token body. */
  grant(scopes?: readonly string[]): Promise<Row>;
  /** A live record that lists show. */
  any(table: TableName): StoreRecord;
  live(table: TableName): StoreRecord[];
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  const body = (isJson && text !== "" ? JSON.parse(text) : {}) as Row;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body,
    rows: (body["data"] ?? []) as readonly Row[],
  };
}

/** A clock that stands still until it is told to move; noon of a day, so that credit days are far. */
export function stillClock(): () => number {
  const at = Date.UTC(2026, 10, 24, 12, 0, 0, 250);
  return () => at;
}

/** Starts an emulator without latency and without index lag (tests of timing set them), stopped when the file's tests are done. */
export async function startDesk(options: DeskEmulatorOptions = {}): Promise<TestDesk> {
  const emulator = await createDeskEmulator({
    latencyMs: 0,
    indexLagMs: 0,
    tickets: 120,
    clock: stillClock(),
    ...options,
  });
  after(() => emulator.close());
  const { url, clientId, clientSecret, orgId } = emulator;

  async function token(parameters: Readonly<Record<string, string>>): Promise<Answer> {
    return await read(await fetch(`${url}/oauth/v2/token`, { method: "POST", body: new URLSearchParams(parameters) }));
  }

  async function grant(scopes?: readonly string[]): Promise<Row> {
    const code = emulator.generateCode(scopes);
    const answer = await token({
      grant_type: "authorization_code",
      client_id: clientId,
      client_secret: clientSecret,
      code,
    });
    return answer.body;
  }

  const access = shown((await grant())["access_token"]);

  async function call(path: string, { method = "GET", body, headers = {}, signal }: CallOptions = {}): Promise<Answer> {
    const all = { Authorization: `Zoho-oauthtoken ${access}`, orgId, ...headers };
    const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)) as Record<
      string,
      string
    >;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const init: RequestInit = { method, headers: given };
    if (body !== undefined) init.body = text;
    if (signal !== undefined) init.signal = signal;
    return await read(await fetch(`${url}/api/v1${path}`, init));
  }

  function live(table: TableName): StoreRecord[] {
    return [...emulator.store.records(table)].filter(
      (record) => !record.deleted && (table === "archived_tickets" || !record.archived),
    );
  }

  return {
    emulator,
    call,
    token,
    grant,
    live,
    post: (path, body, headers = {}) => call(path, { method: "POST", body, headers }),
    patch: (path, body) => call(path, { method: "PATCH", body }),
    any(table) {
      const [first] = live(table);
      if (first === undefined) throw new Error(`no live record in ${table}`);
      return first;
    },
  };
}

/** The fields of a new ticket. */
export function newTicket(desk: TestDesk, more: Row = {}): Row {
  return {
    subject: "Neues Ticket",
    departmentId: desk.any("departments").key,
    contactId: desk.any("contacts").key,
    description: "<div>Hallo</div>",
    ...more,
  };
}

/** ISO text of a time. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Ids of rows, in their order. */
export function ids(rows: readonly Row[]): string[] {
  return rows.map((row) => shown(row["id"]));
}

/** What the API says of a call that it must refuse with 422. */
export async function refusal(desk: TestDesk, path: string): Promise<string> {
  const answer = await desk.call(path);
  assert.equal(answer.status, 422, path);
  return shown(answer.body["message"]);
}
