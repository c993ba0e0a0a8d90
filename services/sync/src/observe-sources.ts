import type { Gap, LedgerCounts } from "@deskmirror/model";
import { Gauge } from "@deskmirror/runtime";
import type { Metrics } from "@deskmirror/runtime";
import { tableLife } from "./mirror/due-work.ts";
import type { Mirrors } from "./mirror/mirrors.ts";

/** What the numbers of the sources are read from. */
export interface ObserveSources {
  readonly registry: { readonly list: () => Promise<readonly { readonly name: string }[]> };
  readonly mirrors: Pick<Mirrors, "get">;
  readonly gaps: { readonly list: (source: string) => Promise<readonly Gap[]> };
  readonly ledger: { readonly counts: (source: string) => Promise<LedgerCounts> };
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

type Numbers = Record<keyof typeof GAUGES, Sample[]>;

/** What a person is to be woken for, by name: labels and help. */
const GAUGES = {
  deskmirror_table_live: { labels: ["source", "table"], help: "1 where a table is live, else 0" },
  deskmirror_held_deletes: { labels: ["source", "table"], help: "Rows held until deletes are confirmed or refused" },
  deskmirror_gaps_open: { labels: ["source"], help: "Gaps that reconcile has not closed yet" },
  deskmirror_dead_letters: { labels: ["source"], help: "Events among the dead letters" },
  deskmirror_events_in_flight: { labels: ["source"], help: "Events accepted and not yet at their end" },
  deskmirror_unaccounted_events: { labels: ["source"], help: "Events accepted that are nowhere for a minute" },
} as const;

/** All gauges of one answer are of one look. */
const LOOK_HOLDS_MS = 1_000;

/** Tells how every source does, looked at when metrics are read; a source that cannot be asked just now is left out. */
export function observeSources(metrics: Metrics, options: ObserveSources): void {
  let look: { readonly atMs: number; readonly numbers: Promise<Numbers> } | null = null;

  function looked(): Promise<Numbers> {
    const atMs = performance.now();
    if (look === null || atMs - look.atMs > LOOK_HOLDS_MS) look = { atMs, numbers: readNumbers(options) };
    return look.numbers;
  }

  for (const [name, { labels, help }] of Object.entries(GAUGES)) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [metrics],
      async collect() {
        const numbers = await looked();
        gauge.reset();
        for (const { labels: of, value } of numbers[name as keyof Numbers]) gauge.set(of, value);
      },
    });
  }
}

async function readNumbers({ registry, mirrors, gaps, ledger }: ObserveSources): Promise<Numbers> {
  const numbers = Object.fromEntries(Object.keys(GAUGES).map((name) => [name, []])) as unknown as Numbers;
  const sources = await registry.list().catch(() => []);
  const add = (name: keyof Numbers, labels: Sample["labels"], value: number): void => {
    numbers[name].push({ labels, value });
  };

  async function read(source: string): Promise<void> {
    const counts = await ledger.counts(source);
    add("deskmirror_dead_letters", { source }, counts.deadLettered);
    add("deskmirror_events_in_flight", { source }, counts.inFlight);
    add("deskmirror_unaccounted_events", { source }, counts.unaccounted);
    const open = (await gaps.list(source)).filter(({ state }) => state === "open");
    add("deskmirror_gaps_open", { source }, open.length);
    for (const facts of (await mirrors.get(source)?.mirror.facts()) ?? []) {
      const labels = { source, table: facts.stream.name };
      add("deskmirror_table_live", labels, tableLife(facts) === "live" ? 1 : 0);
      add("deskmirror_held_deletes", labels, facts.heldRows);
    }
  }

  // What one source lacks hides no other.
  await Promise.allSettled(sources.map(({ name }) => read(name)));
  return numbers;
}
