import pg from "pg";
import { ConfigError } from "@deskmirror/model";

/** A connection inside a transaction. */
export type Client = pg.PoolClient;

/** Opens a small pool; parameters of the URL (`?statement_timeout=…`) outrank these. */
export function createPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "deskmirror",
    max: 4,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    lock_timeout: 10_000,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 30_000,
    query_timeout: 40_000, // ours, for a server that answers no more
  });
  // A lost connection, idle or between two statements: the next query fails or opens another. Unheard, it would end this process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** The host (or socket's path) that a URL makes us connect to; ConfigError when the URL cannot be read. */
export function hostOf(url: string): string {
  try {
    return new pg.Client(url).host;
  } catch {
    throw new ConfigError(
      "the sink URL cannot be read: encode special characters of the password (@ is %40, / is %2F, % is %25), and check the files it names",
    );
  }
}

/** Runs `work` in one transaction. After an error the connection is dropped, and the server undoes what it did. */
export async function transaction<T>(pool: pg.Pool, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query("begin isolation level read committed");
    const result = await work(client);
    await client.query("commit");
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
