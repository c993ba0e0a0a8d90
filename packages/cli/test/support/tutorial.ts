import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, startRedis } from "@deskmirror/testing";
import { openPair } from "../../../../scripts/demo/open-pair.ts";
import type { Pair } from "../../../../scripts/demo/open-pair.ts";
import type { Running } from "../../../../scripts/pair/running.ts";
import { startProgram } from "../../../../scripts/pair/running.ts";
import { status } from "../../src/api/answers.ts";
import { until } from "./pair.ts";
import { startShell } from "./shell.ts";
import type { Shell } from "./shell.ts";
import { beginning, steps } from "./tutorial-steps.ts";
import type { Command } from "./tutorial-steps.ts";
import { normalize, toReal } from "./tutorial-text.ts";
import type { Places } from "./tutorial-text.ts";

const root = join(import.meta.dirname, "../../../..");
/** Where the tutorial is. */
export const tutorialFile = join(root, "docs/tutorial.md");

/** Runs the tutorial from nothing, every command in a shell, and gives its text. */
export async function runTutorial(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "deskmirror-tutorial-"));
  const redis = await startRedis();
  const running: Running[] = [];
  try {
    const port = await freePort();
    const logFile = join(dir, "emulator.log");
    const command = [process.execPath, "packages/desk-emulator/src/main.ts", "--port", `${port}`, "--tickets", "40"];
    running.push(startProgram({ name: "desk-emulator", command, env: process.env, logFile }));
    const { signal } = new AbortController();
    const pair = await openPair({ dir: join(dir, "data"), running, signal, redisUrl: redis.url });
    const printed = await readFile(logFile, "utf8");
    return await runSteps({ pair, printed, places: placesOf(pair, port) });
  } finally {
    for (const program of running.toReversed()) await program.stop();
    await redis.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

function placesOf(pair: Pair, port: number): Places {
  const ingest = new URL(pair.ingest);
  return {
    "127.0.0.1:9001": `127.0.0.1:${port}`,
    "127.0.0.1:8080": ingest.host,
    "127.0.0.1:8081": new URL(pair.sync).host,
    "port 8080": `port ${ingest.port}`,
    "not 8080": `not ${ingest.port}`,
    "sqlite:./data/desk.db": `sqlite:${pair.database}`,
    "data/desk.db": pair.database,
  };
}

interface Ground {
  readonly pair: Pair;
  /** What the emulator printed. */
  readonly printed: string;
  readonly places: Places;
}

async function runSteps({ pair, printed, places }: Ground): Promise<string> {
  const env = { ...process.env, DESKMIRROR_URL: pair.sync, ADMIN_TOKEN: pair.adminToken, TZ: "UTC" };
  const shell = startShell(root, env);
  try {
    // As npx finds it; that npx does is a test of its own.
    await shell.run('npx() { shift; node scripts/deskmirror.mjs "$@"; }');
    const parts = [beginning(normalize(printed.trimEnd(), places))];
    for (const step of steps) {
      const part = typeof step === "string" ? step : await runStep(shell, step, { pair, places });
      // Commands that follow each other share a block.
      const last = parts.at(-1)!;
      if (part.startsWith(FENCE) && last.startsWith(FENCE)) {
        parts[parts.length - 1] = `${last.slice(0, -"\n```".length)}\n${part.slice(FENCE.length)}`;
      } else parts.push(part);
    }
    return `${parts.join("\n\n")}\n`;
  } finally {
    await shell.close();
  }
}

/** More than the 2 s by which the emulated Desk's search stays behind. */
const INDEX_LAG_MS = 3_000;

const FENCE = "```console\n";

async function runStep(shell: Shell, step: Command, ground: Pick<Ground, "pair" | "places">): Promise<string> {
  const { pair, places } = ground;
  if (step.once !== undefined) await waitFor(step.once, pair);
  if (step.once === "indexed") await sleep(INDEX_LAG_MS);
  const { output, code } = await shell.run(toReal(step.run, places));
  const shown = normalize(output, places).trimEnd();
  const end = code === 0 ? "" : `\n[exit code ${code}]`;
  return `${FENCE}$ ${step.run}${shown === "" ? "" : `\n${shown}`}${end}\n\`\`\``;
}

async function waitFor(what: NonNullable<Command["once"]>, { sync, adminToken }: Pair): Promise<void> {
  await until(`acme is ${what}`, async () => {
    const headers = { authorization: `Bearer ${adminToken}` };
    const answer = await fetch(`${sync}/api/sources/acme/status`, { headers });
    const { state, tables, ledger } = status.parse(await answer.json());
    if (what === "delivered") return ledger.inFlight === 20;
    if (what === "dead") return ledger.deadLettered === 1;
    return state === "live" && ledger.inFlight === 0 && tables.every(({ rows, full }) => rows === full);
  });
}
