import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { SOURCE } from "../proof/cluster.ts";
import type { PostgresMember } from "../proof/cluster.ts";
import { harmless } from "./fault.ts";
import type { Fault } from "./fault.ts";
import { signalTree } from "./process-tree.ts";
import type { SmallDisk } from "./small-disk.ts";

const LASTING_MS = 5_000;
const FROZEN_MS = 10_000;
const START_TRIES = 20;
/** The name by which PostgreSQL's log knows sync. */
const SYNC = "deskmirror";

const away = { ...harmless, holdMs: LASTING_MS, readiness: { ingest: "green", sync: "red" } } as const;

/** What can happen to the customer's database, whose data lies on `disk`. */
export function postgresFaults(disk: SmallDisk): readonly Fault[] {
  return [
    {
      ...away,
      name: "PostgreSQL killed (kill -9)",
      async strike({ postgres }) {
        const { pid, ended } = postgres.child();
        signalTree(pid, "SIGKILL");
        const how = await ended;
        return async () => {
          await startAgain(postgres);
          return `ended with ${how}`;
        };
      },
    },
    {
      ...away,
      name: "PostgreSQL paused (SIGSTOP)",
      holdMs: FROZEN_MS,
      async strike({ postgres }) {
        const { pid } = postgres.child();
        signalTree(pid, "SIGSTOP");
        return async () => {
          signalTree(pid, "SIGCONT");
          return "stopped and continued with all its processes";
        };
      },
    },
    {
      ...away,
      name: "PostgreSQL full (its disk)",
      // A full disk still answers, and takes what finds room in the pages there are.
      readiness: { ingest: "green", sync: "either" },
      async strike({ postgres }) {
        const before = countRefusals(postgres);
        await disk.fill();
        return async () => {
          const isFull = await refusesRows(postgres.url);
          const bytes = await disk.free();
          const ended = await hasEnded(postgres);
          // As its supervisor does: without room for its log it ends itself.
          if (ended) await startAgain(postgres);
          const refused = countRefusals(postgres) - before;
          if (!isFull || (refused === 0 && !ended)) throw new Error("PostgreSQL found room: the fault struck nothing");
          return `${Math.round(bytes / 1e6)} MB taken, ${refused} statements refused; it ${ended ? "ended itself" : "ran on"}`;
        };
      },
    },
    {
      ...harmless,
      name: "PostgreSQL deadlocked",
      holdMs: LASTING_MS,
      strike: ({ postgres: { url } }) => lockAgainstOrder(url),
    },
  ];
}

const DISK_FULL = "53100";
/** It ends itself, or is starting again after that. */
const ENDING = /^57P0/;

/** Statements of sync for which there was no room, since the server first started. */
function countRefusals({ logFile }: PostgresMember): number {
  const lines = readFileSync(logFile, "utf8").split("\n");
  return lines.filter((line) => line.includes(`${SYNC} ERROR`) && line.includes("No space left")).length;
}

/** Whether the server will not make a table larger, or is gone for want of room. */
async function refusesRows(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("create temporary table ballast as select repeat('x', 1000) from generate_series(1, 10000)");
    return false;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code === DISK_FULL || ENDING.test(error.code ?? "")) return true;
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}

/** What its dead processes held may be free a moment later only. */
async function startAgain(postgres: PostgresMember): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await postgres.start();
      return;
    } catch (error) {
      if (tries === START_TRIES) throw error;
      await sleep(200);
    }
  }
}

function hasEnded(postgres: PostgresMember): Promise<boolean> {
  return Promise.race([postgres.child().ended.then(() => true), sleep(500, false)]);
}

/**
 * A round takes well under a second, whatever else the machine does: sync looks once for a deadlock, a second after it began to wait, and by then
 * the circle must be closed.
 */
const LOCK_ALL = `do $$ declare ticket text; begin
  for ticket in select id from ${SOURCE}.tickets order by id desc loop
    perform 1 from ${SOURCE}.tickets where id = ticket for update;
    perform pg_sleep(0.002);
  end loop;
end $$`;

/** The client that locks rows of `tickets` from the highest id down, while sync locks them from the lowest up, until it is ended. */
async function lockAgainstOrder(url: string): Promise<() => Promise<string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const deadlocks = async (): Promise<number> => {
    const { rows } = await client.query<{ deadlocks: string }>(
      "select sum(deadlocks) as deadlocks from pg_stat_database",
    );
    return Number(rows[0]!.deadlocks);
  };
  const before = await deadlocks();
  // Whoever looks first is the one that is refused: let that be sync.
  await client.query("set deadlock_timeout = '60s'");
  const over = new AbortController();
  let rounds = 0;

  async function lock(): Promise<void> {
    while (!over.signal.aborted) {
      await client.query(LOCK_ALL);
      rounds += 1;
    }
  }

  const locking = lock();
  return async () => {
    over.abort();
    await locking;
    // The server counts a little later.
    await sleep(1_000);
    const met = (await deadlocks()) - before;
    await client.end();
    if (met === 0) throw new Error(`no deadlock came about in ${rounds} rounds: the fault struck nothing`);
    return `${met} deadlocks in ${rounds} rounds`;
  };
}
