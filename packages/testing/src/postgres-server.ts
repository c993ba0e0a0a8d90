import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { endServersOnSignal } from "./end-on-signal.ts";
import { startPostgresServer } from "../../../scripts/servers/postgres.ts";

/** A real PostgreSQL for a test, with an empty database. */
export interface TestPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/** Gives an empty database: a new one on the server of `TEST_DATABASE_URL`, else that of an embedded server on a free port. */
export async function startPostgres(): Promise<TestPostgres> {
  const given = process.env["TEST_DATABASE_URL"];
  if (given !== undefined && given !== "") return createDatabase(given);
  endServersOnSignal();
  const dir = await mkdtemp(join(tmpdir(), "deskmirror-postgres-"));
  await chmod(dir, 0o755);
  // A test never loses power, so it need not wait for the disk.
  const server = await startPostgresServer(dir, ["fsync=off", "max_connections=300"]);
  return {
    url: server.url,
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function createDatabase(serverUrl: string): Promise<TestPostgres> {
  const name = `deskmirror_test_${crypto.randomUUID().replaceAll("-", "")}`;
  await run(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, stop: () => run(serverUrl, `drop database ${name} with (force)`) };
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
