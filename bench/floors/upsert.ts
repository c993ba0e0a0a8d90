// The least a server can do that brings events into a table: answer at once, and one loop that upserts in bulk what has come
// meanwhile. What is in memory is lost with the process, an older state overwrites a newer one, and nothing is counted.
import { createServer } from "node:http";
import pg from "pg";

interface Event {
  readonly payload: { readonly id: string; readonly modifiedTime: string };
}

const BATCH = 1_000;
const client = new pg.Client({ connectionString: process.env["DATABASE_URL"] });
await client.connect();
await client.query("create table floor (id text primary key, data jsonb, _modified_at timestamptz)");

const waiting: Event[] = [];
let wake = (): void => {};

async function upsertForever(): Promise<never> {
  for (;;) {
    if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    const events = waiting.splice(0, BATCH).map(({ payload }) => payload);
    await client.query(
      `insert into floor (id, data, _modified_at) select * from unnest($1::text[], $2::jsonb[], $3::timestamptz[])
       on conflict (id) do update set data = excluded.data, _modified_at = excluded._modified_at`,
      [
        events.map(({ id }) => id),
        events.map((payload) => JSON.stringify(payload)),
        events.map((payload) => payload.modifiedTime),
      ],
    );
  }
}

const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on("data", (chunk: Buffer) => chunks.push(chunk));
  req.on("end", () => {
    waiting.push(...(JSON.parse(Buffer.concat(chunks).toString()) as Event[]));
    wake();
    res.end("ok");
  });
});
server.listen(Number(process.env["PORT"]), "127.0.0.1", () => console.log("listening"));
await upsertForever();
