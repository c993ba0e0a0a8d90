import { connectRedis } from "../src/connection.ts";
import { createThrottle } from "../src/throttle.ts";

/** A process that sends requests to a server through a throttle. Arguments: URL of Redis, organization, URL of the server, how many. */
const [url = "", organization = "", server = "", count = ""] = process.argv.slice(2);
const connection = connectRedis({ url, role: "sync" });
const throttle = createThrottle({
  connection,
  organization,
  settings: () => ({ concurrency: 5, reserve: 0, dailyLimit: 1_000_000 }),
});
const { signal } = new AbortController();

async function send() {
  const response = await fetch(server);
  const remaining = Number(await response.text());
  return { value: null, usage: { weight: 3, remaining, refused: null, retryAfterMs: null } };
}

await Promise.all(Array.from({ length: Number(count) }, () => throttle.run("pull", signal, send)));
await throttle.close();
await connection.close();
