import { PermanentError } from "@deskmirror/model";
import type { DeadLetter } from "@deskmirror/model";
import { z } from "zod";
import { ask, askAll } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { ADD, EXPIRE, REMOVE } from "./dead-letter-scripts.ts";
import { sharedKey, sourceKey } from "./keys.ts";

/** The reason of letters whose event name is not known: only the newest 1,000 of each name are kept. */
export const UNKNOWN_EVENT = "unknown-event";

/** Selects dead letters. */
export interface DeadLetterQuery {
  readonly source?: string | undefined;
  readonly table?: string | undefined;
  readonly reason?: string | undefined;
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}

/** A dead letter without its body, with the body's size in bytes. */
export type DeadLetterHead = Omit<DeadLetter, "body"> & { readonly size: number };

/** A page of dead letters; `next` is null at the end. */
export interface DeadLetterPage {
  readonly items: readonly DeadLetterHead[];
  readonly next: string | null;
}

/**
 * What waits for a person. Letters are added under their own id, which is unique within a source; everywhere else a letter's id
 * is `<source>.<its own id>`. TransientError when Redis is out of reach.
 */
export interface DeadLetters {
  /** Stores letters; of one whose id is there already only more attempts are kept. */
  readonly add: (letters: readonly DeadLetter[]) => Promise<void>;
  /** Newest first within a source, sources by name. PermanentError for a cursor that no page of this query gave. */
  readonly list: (query: DeadLetterQuery) => Promise<DeadLetterPage>;
  readonly get: (id: string) => Promise<DeadLetter | null>;
  /** Counts the letter's events as filtered; false when there is no such letter, or it is being taken at this moment. */
  readonly discard: (id: string) => Promise<boolean>;
  /**
   * Gives the letter to `requeue`, which adds it to the queue in a new group (where it is accepted anew), then takes it out of
   * the ledger. A crash in between leaves the letter, and replaying twice is harmless. False as with `discard`.
   */
  readonly replay: (id: string, requeue: (letter: DeadLetter) => Promise<void>) => Promise<boolean>;
  /** How many pulled rows of each table of a source the sink refused and nobody has replayed or discarded. */
  readonly refusedRows: (source: string) => Promise<ReadonlyMap<string, number>>;
  /** Turns the letters of a source that are older than the retention into filtered ones. */
  readonly expire: (source: string) => Promise<void>;
}

const REFUSED = "refused:";
const KEPT_OF_ONE_NAME = 1_000;
/** Letters of one source together; the oldest are pushed out above it, so that they can never fill Redis. */
const KEPT_BYTES = 64 * 1024 * 1024;
/** A process that dies over a letter leaves it alone for this long. */
const TAKEN_MS = 30_000;
const LOOKED_AT_ONCE = 500;
/** Letters one call of EXPIRE takes out at most. */
const EXPIRED_AT_ONCE = 1_000;
const DAY_MS = 86_400_000;

const ADDED_AT_ONCE = 200;

const head = z.object({
  size: z.number(),
  events: z.number(),
  receivedMs: z.number(),
  eventType: z.string().nullable(),
  table: z.string().nullable(),
  key: z.string().nullable(),
  reason: z.string(),
  message: z.string(),
  attempts: z.number(),
  module: z.string().optional(),
});

/** Dead letters of all sources, in Redis. */
export function createDeadLetters(options: {
  readonly connection: RedisConnection;
  readonly retentionDays?: number;
}): DeadLetters {
  const { client } = options.connection;
  const retentionMs = (options.retentionDays ?? 30) * DAY_MS;
  const sourcesKey = sharedKey("dead", "sources");

  async function get(id: string): Promise<DeadLetter | null> {
    const { source, own } = splitId(id);
    const [text, body] = await Promise.all([
      ask(client.hget(sourceKey(source, "dead", "heads"), own)),
      ask(client.hget(sourceKey(source, "dead", "bodies"), own)),
    ]);
    if (text === null || body === null) return null;
    const { size: _size, ...letter } = toHead(source, own, text);
    return { ...letter, body };
  }

  async function remove(id: string, bucket: "filtered" | "accepted"): Promise<boolean> {
    const { source, own } = splitId(id);
    return (await ask(client.eval(REMOVE, 5, ...scriptKeys(source), own, bucket))) === 1;
  }

  /** What is being replayed cannot be discarded, nor replayed again: to who comes second it is gone. */
  async function alone(id: string, work: () => Promise<boolean>): Promise<boolean> {
    const { source, own } = splitId(id);
    const key = sourceKey(source, "dead", "taken", own);
    if ((await ask(client.set(key, "", "PX", TAKEN_MS, "NX"))) === null) return false;
    try {
      return await work();
    } finally {
      await ask(client.del(key));
    }
  }

  async function expire(source: string): Promise<void> {
    const first = toPosition(Date.now() - retentionMs, "");
    let expired: unknown = EXPIRED_AT_ONCE;
    while (expired === EXPIRED_AT_ONCE) expired = await ask(client.eval(EXPIRE, 5, ...scriptKeys(source), first));
  }

  /** Up to `limit` letters of a source before a position, newest first, with the position of the last looked at. */
  async function listOne(source: string, before: string, query: DeadLetterQuery, limit: number) {
    const items: DeadLetterHead[] = [];
    let position = before;
    for (;;) {
      const page = [position, "-", "LIMIT", 0, LOOKED_AT_ONCE] as const;
      const members = await ask(client.zrevrangebylex(sourceKey(source, "dead"), ...page));
      if (members.length === 0) return { items, position: null };
      const heads = await ask(client.hmget(sourceKey(source, "dead", "heads"), ...members.map(idOf)));
      for (const [index, member] of members.entries()) {
        if (items.length === limit) return { items, position };
        position = `(${member}`;
        const text = heads[index] ?? null;
        const found = text === null ? null : toHead(source, idOf(member), text);
        if (found !== null && isWanted(query, found)) items.push(found);
      }
    }
  }

  return {
    get,
    expire,
    discard: (id) => alone(id, () => remove(id, "filtered")),
    async add(letters) {
      if (letters.length === 0) return;
      const sources = [...new Set(letters.map(({ source }) => source))];
      await ask(client.sadd(sourcesKey, ...sources));
      for (let from = 0; from < letters.length; from += ADDED_AT_ONCE) {
        const pipeline = client.pipeline();
        for (const letter of letters.slice(from, from + ADDED_AT_ONCE)) {
          const { id, source, body } = letter;
          pipeline.eval(ADD, 5, ...scriptKeys(source), id, toStoredHead(letter), body, KEPT_OF_ONE_NAME, KEPT_BYTES);
        }
        await askAll(pipeline);
      }
      for (const source of sources) await expire(source);
    },
    async list(query) {
      const sources = query.source === undefined ? (await ask(client.smembers(sourcesKey))).toSorted() : [query.source];
      const { from, before } = parseCursor(query);
      const items: DeadLetterHead[] = [];
      for (const source of sources.filter((name) => name >= from)) {
        await expire(source);
        const start = source === from ? before : "+";
        const page = await listOne(source, start, query, query.limit - items.length);
        items.push(...page.items);
        if (page.position !== null) return { items, next: `${source} ${page.position}` };
      }
      return { items, next: null };
    },
    async refusedRows(source) {
      const counts = Object.entries(await ask(client.hgetall(sourceKey(source, "ledger"))));
      return new Map(
        counts.flatMap(([name, count]) =>
          name.startsWith(REFUSED) && Number(count) > 0 ? [[name.slice(REFUSED.length), Number(count)]] : [],
        ),
      );
    },
    replay: (id, requeue) =>
      alone(id, async () => {
        const letter = await get(id);
        if (letter === null) return false;
        await requeue(letter);
        await remove(id, "accepted");
        return true;
      }),
  };
}

/** Keys of the scripts, and their first argument. */
function scriptKeys(source: string) {
  return [
    sourceKey(source, "dead"),
    sourceKey(source, "dead", "heads"),
    sourceKey(source, "dead", "bodies"),
    sourceKey(source, "ledger"),
    sourceKey(source, "dead", "bytes"),
    sourceKey(source, "dead", "name", ""),
  ] as const;
}

/** A letter's place: its time at fixed width, so that byte order is time order. */
function toPosition(receivedMs: number, id: string): string {
  return `${String(Math.floor(receivedMs)).padStart(15, "0")}|${id}`;
}

function idOf(position: string): string {
  return position.slice(position.indexOf("|") + 1);
}

function toStoredHead({ id, source: _source, body, ...letter }: DeadLetter): string {
  const name = letter.reason === UNKNOWN_EVENT ? { name: letter.eventType ?? "" } : {};
  return JSON.stringify({ ...letter, ...name, at: toPosition(letter.receivedMs, id), size: Buffer.byteLength(body) });
}

function toHead(source: string, id: string, text: string): DeadLetterHead {
  return { ...head.parse(JSON.parse(text)), source, id: `${source}.${id}` };
}

function splitId(id: string): { readonly source: string; readonly own: string } {
  const dot = id.indexOf(".");
  return { source: id.slice(0, dot), own: id.slice(dot + 1) };
}

/** A cursor is `<source> (<place>`: go on after that letter; `<source> +`: with its first. */
function parseCursor({ source, cursor }: DeadLetterQuery): { readonly from: string; readonly before: string } {
  if (cursor === undefined) return { from: "", before: "+" };
  const [, from, before] = /^(\S+) (\+|\(\d{15}\|.+)$/.exec(cursor) ?? [];
  if (from !== undefined && before !== undefined && (source ?? from) === from) return { from, before };
  throw new PermanentError("cursor: must be `next` of the page before, with the same filter", { code: "INVALID" });
}

function isWanted({ table, reason }: DeadLetterQuery, letter: DeadLetterHead): boolean {
  return (table ?? letter.table) === letter.table && (reason ?? letter.reason) === letter.reason;
}
