import { ask } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { sourcePrefix } from "./keys.ts";

/** Removes all that Redis holds of a source: queue, ledger, dead letters, gaps, due work. */
export async function purgeSource({ client }: RedisConnection, source: string): Promise<void> {
  let cursor = "0";
  do {
    const [next, keys] = await ask(client.scan(cursor, "MATCH", `${sourcePrefix(source)}:*`, "COUNT", 1_000));
    if (keys.length > 0) await ask(client.unlink(...keys));
    cursor = next;
  } while (cursor !== "0");
}
