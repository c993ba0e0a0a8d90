import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createDeskEmulator } from "@deskmirror/desk-emulator";
import type { DeskEmulator, DeskEmulatorOptions } from "@deskmirror/desk-emulator";
import type { DataSource, Source } from "@deskmirror/model";
import { assertAllowedHost, openSink } from "@deskmirror/sinks";
import { createMemoryThrottle, createMemoryTokens, testDataSource } from "@deskmirror/testing";
import { createZohoDesk, exchangeCode, locateClient, probeUrl } from "@deskmirror/zoho-desk";
import type { Check } from "../../src/mirror/connection/check.ts";
import { testConnection } from "../../src/mirror/connection/connection-test.ts";
import type { ConnectionParts } from "../../src/mirror/connection/connection-test.ts";

/** A Desk, a source of it, a server where its service URL leads, and a SQLite sink. */
export interface Connection {
  readonly desk: DeskEmulator;
  readonly dataSource: DataSource;
  readonly source: Source;
  readonly serviceUrl: string;
  readonly dataDir: string;
  /** What the server answers from now on; null: nothing. */
  readonly answer: (status: number | null) => void;
  /** Registers a webhook as sync does; gives its id. */
  readonly subscribe: (tables: readonly string[]) => Promise<string>;
  /** Tests the source, changed as given; gives the checks by name. */
  readonly test: (change?: Partial<DataSource>, given?: Given) => Promise<ReadonlyMap<string, Check>>;
}

type Given = Partial<ConnectionParts> & { readonly serviceUrl?: string };

export const heal = { purpose: "heal", signal: new AbortController().signal } as const;

/** Sets up everything; what it opened is closed after the test. */
export async function openConnection(
  t: TestContext,
  {
    scopes,
    tables = ["departments", "agents"],
    ...options
  }: DeskEmulatorOptions & {
    readonly scopes?: readonly string[];
    readonly tables?: readonly string[] | null;
  } = {},
): Promise<Connection> {
  const desk = await createDeskEmulator({ tickets: 12, latencyMs: 0, indexLagMs: 0, ...options });
  t.after(() => desk.close());
  const dataDir = await mkdtemp(join(tmpdir(), "deskmirror-connection-"));
  t.after(() => rm(dataDir, { recursive: true }));
  let status: number | null = 200;
  const hook = createServer((_req, res) => (status === null ? res.destroy() : res.writeHead(status).end()));
  hook.listen(0, "127.0.0.1");
  await once(hook, "listening");
  t.after(() => hook.close().closeAllConnections());
  const serviceUrl = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hooks/key`;

  const { orgId, clientId, clientSecret, url } = desk;
  const endpoints = { accountsUrl: url, deskUrl: url };
  const fresh = testDataSource({ orgId, clientId, clientSecret, ...endpoints, tables });
  const grant = await exchangeCode({ source: fresh, code: desk.generateCode(scopes) });
  const dataSource = { ...fresh, refreshToken: grant.refreshToken, scopes: grant.scopes };
  const tokens = createMemoryTokens();
  const createSource = (source: DataSource): Source =>
    createZohoDesk({ source, tokens: tokens.store, leases: tokens.leases, throttle: createMemoryThrottle() });
  const source = createSource(dataSource);
  const parts: ConnectionParts = {
    withSource: (one, use) => use(createSource(one)),
    openSink: (sinkUrl) => openSink(sinkUrl, { dataDir }),
    defaultSinkUrl: `sqlite:${dataDir}/desk.db`,
    locateClient: (one) => locateClient({ source: one }),
    probeUrl,
    assertAllowedHost,
  };

  return {
    desk,
    dataSource,
    source,
    serviceUrl,
    dataDir,
    answer: (now) => void (status = now),
    async subscribe(names) {
      const events = source.subscriptions.eventsFor(names);
      return (await source.subscriptions.create(serviceUrl, events, heal)).id;
    },
    async test(change = {}, { serviceUrl: other = serviceUrl, ...given } = {}) {
      const { checks } = await testConnection(
        { ...parts, ...given },
        { dataSource: { ...dataSource, ...change }, serviceUrl: other, signal: heal.signal },
      );
      return new Map(checks.map((check) => [check.name, check]));
    },
  };
}
