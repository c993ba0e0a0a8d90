import pg from "pg";
import { startPostgres, startRedis } from "@deskmirror/testing";
import { liveHistory } from "./history.ts";
import type { History } from "./history.ts";
import { createServerForms } from "./server-forms.ts";

/** Real servers for histories. */
export interface Servers {
  /** Lives a history in databases of its own; more than one at once may be lived. */
  readonly live: (seed: number) => Promise<History>;
  readonly stop: () => Promise<void>;
}

/** Starts servers for so many histories. */
export async function startServers(histories: number): Promise<Servers> {
  const redis = await startRedis(["--databases", String(histories + 1), "--save", ""]);
  const postgres = await startPostgres();
  const admin = new pg.Pool({ connectionString: postgres.url, max: 1 });
  // The server may end before the last connection has.
  admin.on("error", () => {});
  let lived = 0;

  function urlOf(server: string, database: string): string {
    const url = new URL(server);
    url.pathname = `/${database}`;
    return url.href;
  }

  return {
    async live(seed) {
      const number = (lived += 1);
      const name = `history_${number}`;
      await admin.query(`create database ${name}`);
      try {
        const databases = { redisUrl: urlOf(redis.url, String(number)), postgresUrl: urlOf(postgres.url, name) };
        return await liveHistory(seed, { forms: createServerForms(databases) });
      } finally {
        await admin.query(`drop database ${name} with (force)`);
      }
    },
    async stop() {
      await admin.end();
      await Promise.all([redis.stop(), postgres.stop()]);
    },
  };
}
