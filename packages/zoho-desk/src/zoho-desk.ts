import { PermanentError, isJsonObject } from "@deskmirror/model";
import type {
  Change,
  DataSource,
  JsonObject,
  Leases,
  Organization,
  Page,
  RequestOptions,
  Source,
  Throttle,
  TokenStore,
} from "@deskmirror/model";
import { createSourceClock } from "./clock.ts";
import { readColumns } from "./columns/read-columns.ts";
import { interpret } from "./events/interpret.ts";
import { estimateStreams } from "./estimate/estimate.ts";
import { findTicket } from "./foreign/find-ticket.ts";
import { readForeign } from "./foreign/read-foreign.ts";
import { toEndpoints } from "./hosts.ts";
import type { Endpoints } from "./hosts.ts";
import { createDeskClient } from "./http/client.ts";
import { measureLatency } from "./http/latency.ts";
import { createSignatureCheck } from "./jwks.ts";
import { toGrantId } from "./oauth/grant-id.ts";
import { requestToken } from "./oauth/token-endpoint.ts";
import { createTokenProvider } from "./oauth/token-provider.ts";
import type { RenewableTokens } from "./oauth/token-provider.ts";
import { toOrganization } from "./organization.ts";
import { parseCursor, startList } from "./paging/cursor.ts";
import type { ListCursor } from "./paging/cursor.ts";
import { countSearch, planChanged, planSearch } from "./paging/plan.ts";
import { readList } from "./paging/read-list.ts";
import { readSearch } from "./paging/read-search.ts";
import type { RawPage } from "./paging/read-search.ts";
import { createRowReader } from "./paging/rows.ts";
import { createRecordReader } from "./records.ts";
import { readBinPage } from "./recycle-bin.ts";
import { missingScope, specOf } from "./scopes.ts";
import { createRealWorld } from "./real-world.ts";
import type { World } from "./real-world.ts";
import { STREAMS } from "./streams/index.ts";
import type { StreamSpec } from "./streams/spec.ts";
import { toChange } from "./to-change.ts";
import { toCount } from "./values.ts";
import { createSubscriptions } from "./webhooks.ts";

/** What a Zoho Desk source is made of. */
export interface ZohoDeskOptions {
  readonly source: DataSource;
  readonly tokens: TokenStore;
  readonly leases: Leases;
  readonly throttle: Throttle;
  /** Network, clock and chance; left out: the real ones. */
  readonly world?: World;
}

/** The upstream system: one Zoho Desk organization. */
export function createZohoDesk(options: ZohoDeskOptions): Source {
  const { source, tokens: store, leases, throttle, world = createRealWorld() } = options;
  const endpoints = toEndpoints(source);
  const measured = measureLatency(world.transport);
  const clock = createSourceClock(world.monotonicMs);
  const tokens = toTokens(source, { store, leases, endpoints, world });
  const client = createDeskClient({
    deskUrl: endpoints.deskUrl,
    orgId: source.orgId,
    transport: measured.transport,
    tokens,
    throttle,
    clock,
    sleep: world.sleep,
    random: world.random,
  });
  const reader = createRowReader(client);
  const now = (): number => clock.now() || world.now();
  const absent = new Map<string, ReadonlySet<string>>();
  const absentKeys = (stream: string): ReadonlySet<string> => absent.get(stream) ?? new Set();
  const records = createRecordReader({
    client,
    reader,
    clock,
    monotonicMs: world.monotonicMs,
    absentKeys,
    onMissing: (stream, keys) => absent.set(stream, new Set([...absentKeys(stream), ...keys])),
  });

  async function departmentIds(options: RequestOptions): Promise<readonly string[]> {
    const spec = specOf("departments");
    const ids: string[] = [];
    for (let cursor: ListCursor | null = startList(null); cursor !== null;) {
      const page = await readList({ spec, cursor, reader, options });
      ids.push(...page.rows.map((row) => spec.toKey(row, null)!));
      cursor = page.next;
    }
    return ids;
  }

  async function organization(options: RequestOptions): Promise<Organization> {
    const { scopes } = specOf("organizations");
    const ask = { path: "/organizations", withoutOrgId: true, table: "organizations", scopes };
    const { body } = await client.send(ask, options);
    return toOrganization(body, source.orgId);
  }

  async function count(spec: StreamSpec, options: RequestOptions): Promise<number | null> {
    const { countPath, scopes, search, name } = spec;
    if (countPath === null) return search === null ? null : countSearch(spec, { reader, options });
    const { body } = await client.send({ path: countPath, table: name, scopes }, options);
    return isJsonObject(body) ? toCount(body["count"]) : null;
  }

  function toPage(
    spec: StreamSpec,
    page: RawPage<JsonObject>,
    origin: "list" | "search",
    parentId: string | null,
  ): Page {
    const seen = { origin, atMs: page.boundMs, parentId, absentKeys: absentKeys(spec.name) };
    const changes = page.rows
      .map((row): Change | null => toChange(spec, row, seen))
      .filter((change) => change !== null);
    const { answered, credits, next, split, shortfall, distinct, shown } = page;
    return { changes, rows: answered, credits, next, split, shortfall, distinct, shown };
  }

  return {
    streams: STREAMS,
    absentKeys,
    now,
    renewToken: ({ signal }) => tokens.renew(signal),
    latencyMs: measured.latencyMs,
    missingScope: (stream) => missingScope(specOf(stream), source.scopes),
    subscriptions: createSubscriptions(client),
    verifySignature: createSignatureCheck(source, world.now),
    interpret: (event) => interpret(event, { orgId: source.orgId, absentKeys }),
    readForeign,
    findTicket: (ticketNumber, options) => findTicket(reader, ticketNumber, options),
    bin: (cursor, options) => readBinPage(reader, cursor, options),
    columns: (streams, options) => readColumns(streams, reader, options),
    get: (stream, key, parentId, options) => records.get({ spec: specOf(stream), key, parentId }, options),
    async learnTime(options) {
      if (clock.now() > 0) return;
      try {
        await organization(options);
      } catch (error) {
        // A refusal tells the time too.
        if (clock.now() === 0) throw error;
      }
    },
    organization,
    async plan(stream, parents, options) {
      const spec = specOf(stream);
      if (spec.search !== null) return planSearch(spec, { reader, options, now });
      if (spec.parent === null) return [startList(null)];
      return (spec.parent === "module" ? spec.modules : parents).map((parentId) => startList(parentId));
    },
    async changedSince(stream, sinceMs) {
      return [planChanged(specOf(stream), sinceMs, now())];
    },
    async page(stream, cursor, options) {
      const spec = specOf(stream);
      const place = parseCursor(cursor);
      if (place.kind === "list") {
        return toPage(spec, await readList({ spec, cursor: place, reader, options }), "list", place.parentId);
      }
      const reading = { spec, cursor: place, reader, options, departmentIds: () => departmentIds(options) };
      return toPage(spec, await readSearch(reading), "search", null);
    },
    count: (stream, options) => count(specOf(stream), options),
    estimate: (streams, options) =>
      estimateStreams(streams, { reader, options, count: (spec) => count(spec, options) }),
  };
}

interface TokenParts {
  readonly store: TokenStore;
  readonly leases: Leases;
  readonly endpoints: Endpoints;
  readonly world: World;
}

function toTokens(source: DataSource, { store, leases, endpoints, world }: TokenParts): RenewableTokens {
  const { refreshToken, clientId, clientSecret } = source;
  if (refreshToken === null) {
    const refuse = () => Promise.reject(notAuthorized(source));
    return { token: refuse, renew: refuse, invalidate: () => {} };
  }
  const client = { accountsUrl: endpoints.accountsUrl, clientId, clientSecret };
  const { transport, now } = world;
  return createTokenProvider({
    grant: toGrantId(refreshToken),
    store,
    leases,
    refresh: async () => (await requestToken({ client, grant: { refreshToken }, transport, now })).access,
    sleep: world.sleep,
    now,
  });
}

function notAuthorized({ name }: DataSource): PermanentError {
  return new PermanentError(`source ${name} is not authorized: generate a code in Zoho's API console and send it`, {
    code: "NOT_AUTHORIZED",
  });
}
