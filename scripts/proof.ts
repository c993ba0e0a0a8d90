// `npm run proof`: what the README promises, at a size and under faults that no test has time for, on a cluster of real processes.
import { parseArgs } from "node:util";
import { proveDeletes } from "./proof/deletes.ts";
import { proveDense, proveUnreachable } from "./proof/dense.ts";
import { proveHistories } from "./proof/histories/prove.ts";
import type { HistorySink } from "./proof/histories/prove.ts";
import { proveLarge } from "./proof/large.ts";
import { proveMissed } from "./proof/missed.ts";
import { proveOutage } from "./proof/outage.ts";
import { proveReserve } from "./proof/reserve.ts";
import { stopSignal } from "./pair/stop-signal.ts";

const signal = stopSignal(() => {});
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    tickets: { type: "string" },
    changes: { type: "string" },
    minutes: { type: "string" },
    seconds: { type: "string" },
    runs: { type: "string" },
    seed: { type: "string" },
    sink: { type: "string" },
  },
});
const number = (text: string | undefined, usual: number): number => (text === undefined ? usual : Number(text));
const toHistorySink = (text: string | undefined): HistorySink =>
  text === "sqlite" || text === "postgres" ? text : "memory";
const proofs: Readonly<Record<string, () => Promise<boolean>>> = {
  large: () =>
    proveLarge({ tickets: number(values.tickets, 20_000), changesPerSecond: number(values.changes, 50), signal }),
  reserve: () => proveReserve({ tickets: number(values.tickets, 2_000), signal }),
  dense: () => proveDense({ tickets: number(values.tickets, 60_000), signal }),
  unreachable: () => proveUnreachable({ signal }),
  missed: () =>
    proveMissed({
      tickets: number(values.tickets, 400),
      changesPerSecond: number(values.changes, 20),
      minutes: number(values.minutes, 10),
      signal,
    }),
  deletes: () => proveDeletes({ tickets: number(values.tickets, 400), signal }),
  outage: () =>
    proveOutage({
      tickets: number(values.tickets, 500),
      changesPerSecond: number(values.changes, 200),
      seconds: number(values.seconds, 60),
      signal,
    }),
  histories: () =>
    proveHistories({
      runs: number(values.runs, 10_000),
      seed: number(values.seed ?? process.env["SEED"], Math.floor(Math.random() * 1e9)),
      sink: toHistorySink(values.sink),
      signal,
    }),
};

const unknown = positionals.filter((name) => !Object.hasOwn(proofs, name));
if (unknown.length > 0) {
  console.error(
    `usage: npm run proof -- [${Object.keys(proofs).join("] [")}] [--tickets N] [--changes N a second] [--minutes N] [--seconds N] [--runs N] [--seed N] [--sink sqlite|postgres]`,
  );
  process.exit(2);
}
for (const name of positionals.length > 0 ? positionals : Object.keys(proofs)) {
  console.log(`— ${name}`);
  const holds = await proofs[name]!();
  console.log(`— ${name} ${holds ? "holds" : "DOES NOT HOLD"}\n`);
  if (!holds) process.exitCode = 1;
}
// A process that died in a history on servers waits for its connections for ever.
process.exit();
