import { createDeskEmulator } from "@deskmirror/desk-emulator";
import type { DeskEmulator, DeskEmulatorOptions } from "@deskmirror/desk-emulator";
import type { Change, Cursor, DataSource, Page, Source } from "@deskmirror/model";
import { createMemoryThrottle, createMemoryTokens, testDataSource } from "@deskmirror/testing";
import type { MemoryThrottle, MemoryTokens } from "@deskmirror/testing";
import { createZohoDesk } from "../../src/zoho-desk.ts";
import { exchangeCode } from "../../src/oauth/exchange.ts";

/** How tests ask. */
export const asked = { purpose: "pull", signal: new AbortController().signal } as const;

/** An emulated Desk and an authorized source that reads it. */
export interface World {
  readonly desk: DeskEmulator;
  readonly zoho: Source;
  readonly source: DataSource;
  readonly throttle: MemoryThrottle;
  readonly tokens: MemoryTokens;
  /** Reads whole: all readings of a plan, what they split off, and what each said at its end. */
  readonly readAll: (stream: string, parents?: readonly string[]) => Promise<Read>;
  readonly follow: (stream: string, cursors: readonly Cursor[]) => Promise<Read>;
  /** The same grant as another process, or another source, has it. */
  readonly again: (given?: Partial<DataSource>) => Source;
}

/** What a whole reading showed. */
export interface Read {
  /** The last change of each key. */
  readonly changes: ReadonlyMap<string, Change>;
  readonly distinct: number;
  readonly shortfalls: readonly string[];
  readonly pages: number;
  readonly credits: number;
}

/** Starts a Desk (no latency, no index lag unless asked for) and authorizes a source with the given scopes. */
export async function createWorld(options: DeskEmulatorOptions = {}, scopes?: readonly string[]): Promise<World> {
  const desk = await createDeskEmulator({ tickets: 60, latencyMs: 0, indexLagMs: 0, ...options });
  const { orgId, clientId, clientSecret, url } = desk;
  const unauthorized = testDataSource({ orgId, clientId, clientSecret, accountsUrl: url, deskUrl: url });
  const grant = await exchangeCode({ source: unauthorized, code: desk.generateCode(scopes) });
  const source = { ...unauthorized, refreshToken: grant.refreshToken, scopes: grant.scopes };
  const throttle = createMemoryThrottle();
  const tokens = createMemoryTokens();
  const again = (given: Partial<DataSource> = {}): Source =>
    createZohoDesk({ source: { ...source, ...given }, tokens: tokens.store, leases: tokens.leases, throttle });
  const zoho = again();

  async function follow(stream: string, cursors: readonly Cursor[]): Promise<Read> {
    const changes = new Map<string, Change>();
    const shortfalls: string[] = [];
    const open = [...cursors];
    let [distinct, pages, credits] = [0, 0, 0];
    for (let start = open.shift(); start !== undefined; start = open.shift()) {
      for (let cursor: Cursor | null = start; cursor !== null;) {
        const page: Page = await zoho.page(stream, cursor, asked);
        for (const change of page.changes) changes.set(change.key, change);
        open.push(...page.split);
        pages += 1;
        credits += page.credits;
        cursor = page.next;
        if (cursor !== null) continue;
        distinct += page.distinct;
        if (page.shortfall !== null) shortfalls.push(page.shortfall);
      }
    }
    return { changes, distinct, shortfalls, pages, credits };
  }

  return {
    desk,
    zoho,
    source,
    throttle,
    tokens,
    again,
    follow,
    readAll: async (stream, parents = []) => follow(stream, await zoho.plan(stream, parents, asked)),
  };
}
