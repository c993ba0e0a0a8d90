import { duePull, isReconcileDue, tableLife } from "@deskmirror/sync/due-work";
import type { Intervals } from "@deskmirror/sync/due-work";
import type { OpenMirror } from "@deskmirror/sync/open-mirror";
import type { Durable } from "./forms.ts";
import type { Stage } from "./steps.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What coming to rest needs. */
export interface RestOptions {
  readonly stage: Stage;
  readonly durable: Durable;
  readonly time: VirtualTime;
}

/** What to wait for. */
export interface Wait {
  /** After this one of a table's intervals what is waited for is due by the clock. */
  readonly intervalMs: (intervals: Intervals) => number;
  /** How often it must have been done. */
  readonly times: number;
  /** Whether rows may still be held: what they belong to may be gone without a word until it is read whole. */
  readonly mayHold: boolean;
}

/** Waits until nothing is left to do. Why that never came; null when it did. */
export type ComeToRest = (wait: Wait) => Promise<string | null>;

const PATIENCE = 20;
const LOOK_MS = 8_000;

/** Ends all faults; from then on a history comes to rest. */
export async function endFaults({ stage, durable, time }: RestOptions): Promise<ComeToRest> {
  const { desk, plant } = stage;
  desk.faults.clear();
  desk.setLatencyMs(20);
  desk.webhookControls.set({ dropRate: 0, duplicateRate: 0, shuffle: false, delayMs: 0 });
  await plant.revive();
  // Everything that froze has thawed, and every lock of the dead is over.
  await time.advance(1_000);
  await time.leap(2 * 60_000);
  await time.advance(LOOK_MS);
  return async ({ intervalMs, times, mayHold }) => {
    let why: string | null = "";
    for (let looks = 1; looks <= PATIENCE && why !== null; looks += 1) {
      await time.leap((await longestMs(intervalMs)) + 60_000);
      await time.advance(LOOK_MS);
      why = looks < times ? "" : await findUnrest(mayHold);
    }
    return why;
  };

  function openMirrors(): readonly OpenMirror[] {
    return plant.syncs().flatMap(({ mirror }) => mirror ?? []);
  }

  /** Of all tables. Where credits are counted, the intervals are stretched by what reading costs. */
  async function longestMs(intervalMs: Wait["intervalMs"]): Promise<number> {
    const facts = (await openMirrors()[0]?.mirror.facts()) ?? [];
    return Math.max(0, ...facts.map(({ intervals }) => intervalMs(intervals)));
  }

  async function findUnrest(mayHold: boolean): Promise<string | null> {
    const [mirror] = openMirrors();
    if (mirror === undefined) return "no sync is open";
    if (desk.webhookControls.pending() > 0) return `${desk.webhookControls.pending()} deliveries are under way`;
    const { inFlight } = await durable.ledger.counts(stage.source);
    if (inFlight > 0) return `${inFlight} events wait`;
    if ((await durable.dueChildren.size(stage.source)) > 0) return "children are due";
    const [doubt] = await durable.sink.doubts(stage.source, 1);
    if (doubt !== undefined) return `a doubt is open (${JSON.stringify(doubt)})`;
    const gap = (await durable.gaps.list(stage.source)).find(({ state }) => state === "open");
    if (gap !== undefined) return `a gap is open (${gap.reason})`;
    return (await findDue(mirror)) ?? findUnlive(mirror, mayHold);
  }

  async function findDue({ contexts }: OpenMirror): Promise<string | null> {
    for (const [table, { writer, stream }] of contexts) {
      if (stream.core === null) continue;
      const [due] = await durable.sink.detailDue(writer.table, 1);
      if (due !== undefined) return `detail of ${table} ${due.key} is due`;
    }
    return null;
  }

  async function findUnlive({ mirror }: OpenMirror, mayHold: boolean): Promise<string | null> {
    for (const fact of await mirror.facts()) {
      // On servers it takes as long as it takes.
      if (duePull(fact) !== null || isReconcileDue(fact)) return `${fact.stream.name} is still to be read`;
      const life = tableLife(mayHold ? { ...fact, heldRows: 0 } : fact);
      if (life !== "live")
        return `${fact.stream.name} is ${life}: ${fact.progress.pull?.message ?? fact.progress.problem}`;
    }
    return null;
  }
}
