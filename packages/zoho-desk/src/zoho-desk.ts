import { setTimeout } from "node:timers/promises";
import { PermanentError, isJsonObject } from "@deskmirror/model";
import type {
  Cursor,
  DataSource,
  Leases,
  Page,
  RequestOptions,
  Source,
  Throttle,
  TokenStore,
  Tombstone,
  Upsert,
} from "@deskmirror/model";
import { createSourceClock } from "./clock.ts";
import { interpret } from "./events/interpret.ts";
import { toEndpoints } from "./hosts.ts";
import { NOT_FOUND } from "./http/answer.ts";
import { createDeskClient } from "./http/client.ts";
import { createTransport } from "./http/transport.ts";
import { createSignatureCheck } from "./jwks.ts";
import { toGrantId } from "./oauth/grant-id.ts";
import { requestToken } from "./oauth/token-endpoint.ts";
import { createTokenProvider } from "./oauth/token-provider.ts";
import { toOrganization } from "./organization.ts";
import { readKeysetPage, search, startKeyset } from "./paging/keyset.ts";
import type { KeysetCursor } from "./paging/keyset.ts";
import { readListPage, readSincePage, startList } from "./paging/list.ts";
import type { ListCursor, SinceCursor } from "./paging/list.ts";
import { createRowReader } from "./paging/reader.ts";
import type { RowReader } from "./paging/reader.ts";
import { readBinPage } from "./recycle-bin.ts";
import { missingScope, specOf } from "./scopes.ts";
import { STREAMS } from "./streams/index.ts";
import { missingCore, toChange, toTombstone } from "./to-change.ts";
import { toCount, toTime } from "./values.ts";
import { createSubscriptions } from "./webhooks.ts";

/** What a Zoho Desk source is made of. */
export interface ZohoDeskOptions {
  readonly source: DataSource;
  readonly tokens: TokenStore;
  readonly leases: Leases;
  readonly throttle: Throttle;
}

/** Rows a range of a pull should have at least; more ranges than this many are not worth their own reading. */
const ROWS_A_RANGE = 1_000;
const MOST_RANGES = 8;

/** The upstream system: one Zoho Desk organization. */
export function createZohoDesk(options: ZohoDeskOptions): Source {
  const { source } = options;
  const { accountsUrl, deskUrl } = toEndpoints(source);
  const transport = createTransport();
  const clock = createSourceClock(() => performance.timeOrigin + performance.now());
  const grant = { refreshToken: source.refreshToken ?? "" };
  const oauth = { accountsUrl, clientId: source.clientId, clientSecret: source.clientSecret };
  const tokens = createTokenProvider({
    grant: toGrantId(grant.refreshToken),
    store: options.tokens,
    leases: options.leases,
    refresh: async () => (await requestToken({ client: oauth, grant, transport, now: Date.now })).access,
    sleep: async (ms) => setTimeout(ms),
    now: Date.now,
  });
  const client = createDeskClient({
    deskUrl,
    orgId: source.orgId,
    transport,
    tokens,
    throttle: options.throttle,
    clock,
    sleep: async (ms, signal) => setTimeout(ms, undefined, { signal }),
    random: Math.random,
  });

  /** Core keys that GETs lacked, by stream: the agent's profile hides them. */
  const absent = new Map<string, Set<string>>();
  const absentKeys = (stream: string): ReadonlySet<string> => absent.get(stream) ?? new Set();

  const readers = new Map<string, RowReader>();
  function readerOf(stream: string): RowReader {
    let reader = readers.get(stream);
    if (reader === undefined)
      readers.set(stream, (reader = createRowReader({ spec: specOf(stream), client, absentKeys })));
    return reader;
  }

  async function departments(request: RequestOptions): Promise<readonly string[]> {
    const ids = new Set<string>();
    let cursor: Cursor | null = startList(null);
    while (cursor !== null) {
      const page: Page = await readListPage(readerOf("departments"), cursor as ListCursor, request);
      for (const { key } of page.changes) ids.add(key);
      cursor = page.next;
    }
    return [...ids];
  }

  /** A few ranges of createdTime, from the oldest record on; the last has no end. */
  async function ranges(reader: RowReader, request: RequestOptions): Promise<readonly KeysetCursor[]> {
    const first = await search(
      reader,
      { sortBy: "createdTime", limit: "1", from: "0", createdTimeRange: everything },
      request,
    );
    const oldestMs = toTime(first?.rows[0]?.["createdTime"]) ?? 0;
    const parts = Math.min(MOST_RANGES, Math.ceil((first?.count ?? 0) / ROWS_A_RANGE));
    if (parts <= 1) return [startKeyset("createdTime", oldestMs, null)];
    const stepMs = Math.ceil((clock.now() - oldestMs) / parts);
    return Array.from({ length: parts }, (_, part) =>
      startKeyset("createdTime", oldestMs + part * stepMs, part === parts - 1 ? null : oldestMs + (part + 1) * stepMs),
    );
  }

  /** Records without a GET by id are looked for in their list: one that a complete list lacks is gone. */
  async function find(
    stream: string,
    key: string,
    parentId: string | null,
    request: RequestOptions,
  ): Promise<Upsert | Tombstone> {
    const sinceMs = clock.now();
    let cursor: Cursor | null = startList(parentId);
    while (cursor !== null) {
      const page: Page = await readListPage(readerOf(stream), cursor as ListCursor, request);
      const found = page.changes.find((change) => change.key === key);
      if (found !== undefined && found.op !== "refetch") return { ...found, origin: "get" };
      if (page.shortfall !== null)
        throw new PermanentError(`${key} may lie beyond what the list shows: ${page.shortfall}`);
      cursor = page.next;
    }
    return toTombstone(key, "get", sinceMs, parentId);
  }

  async function get(
    stream: string,
    key: string,
    parentId: string | null,
    request: RequestOptions,
  ): Promise<Upsert | Tombstone> {
    const spec = specOf(stream);
    if (spec.get === null) return find(stream, key, parentId, request);
    const sinceMs = clock.now();
    const path = spec.get.path.replace(":parent", parentId ?? "").replace(":key", encodeURIComponent(key));
    try {
      const ask = {
        path,
        table: stream,
        scopes: spec.scopes,
        ...(spec.get.query === undefined ? {} : { query: spec.get.query }),
      };
      const { body, boundMs } = await client.send(ask, request);
      const row = isJsonObject(body) ? body : {};
      const lacking = missingCore(spec, row);
      if (lacking.length > 0) absent.set(stream, new Set([...absentKeys(stream), ...lacking]));
      const change = toChange(spec, row, { origin: "get", atMs: boundMs, parentId, absentKeys: absentKeys(stream) });
      if (change === null || change.op === "refetch")
        throw new PermanentError(`Zoho's answer about ${stream} ${key} is no such record`);
      return change;
    } catch (error) {
      if (error instanceof PermanentError && error.code === NOT_FOUND)
        return toTombstone(key, "get", sinceMs, parentId);
      throw error;
    }
  }

  return {
    streams: STREAMS,
    now: () => clock.now() || Date.now(),
    missingScope: (stream) => missingScope(specOf(stream), source.scopes),
    subscriptions: createSubscriptions(client),
    verifySignature: createSignatureCheck(source, Date.now),
    interpret: (event) => interpret(event, { orgId: source.orgId, absentKeys }),
    bin: (cursor, request) => readBinPage(client, cursor, request),
    get,
    async organization(request) {
      const { body } = await client.send(
        { path: "/organizations", withoutOrgId: true, table: "organizations" },
        request,
      );
      return toOrganization(body, source.orgId);
    },
    async plan(stream, parents, request) {
      const reader = readerOf(stream);
      const { spec } = reader;
      if (spec.search !== null) return ranges(reader, request);
      if (spec.parent === null) return [startList(null)];
      return (spec.parent === "module" ? spec.modules : parents).map(startList);
    },
    async changedSince(stream, sinceMs) {
      const { changedSince } = specOf(stream);
      if (changedSince === null) throw new RangeError(`${stream} cannot be asked for what was modified since a time`);
      const fromMs = Math.max(0, sinceMs);
      return [
        changedSince === "search"
          ? startKeyset("modifiedTime", fromMs, null)
          : { kind: "since", from: 0, sinceMs: fromMs, distinct: 0 },
      ];
    },
    page(stream, cursor, request) {
      const reader = readerOf(stream);
      const place = cursor as KeysetCursor | ListCursor | SinceCursor;
      if (place.kind === "keyset")
        return readKeysetPage({ reader, request, departments: () => departments(request) }, place);
      return place.kind === "list" ? readListPage(reader, place, request) : readSincePage(reader, place, request);
    },
    async count(stream, request) {
      const { countPath, scopes } = specOf(stream);
      if (countPath === null) return null;
      const { body } = await client.send({ path: countPath, table: stream, scopes }, request);
      return isJsonObject(body) ? toCount(body["count"]) : null;
    },
  };
}

const everything = `${new Date(0).toISOString()},${new Date(Date.UTC(2100, 0, 1)).toISOString()}`;
