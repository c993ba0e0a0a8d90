import { parseJson } from "@deskmirror/model";
import type {
  Change,
  DeadLetter,
  Delivery,
  DeliveryGroup,
  Settlement,
  SignatureState,
  Source,
} from "@deskmirror/model";
import { nameForMetrics, noRecord, toLetter, toWholeLetter } from "./dead-events.ts";
import type { Cause, Event } from "./dead-events.ts";
import type { ForeignMeaning, ReadForeign } from "./foreign.ts";
import type { TableContext } from "./table-context.ts";

/** What applying deliveries needs. */
export interface ApplyOptions {
  readonly source: Source;
  /** The wanted tables; events of other tables are filtered. */
  readonly contexts: ReadonlyMap<string, TableContext>;
  readonly readForeign: ReadForeign;
  readonly addDeadLetters: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly observe: ObserveEvents;
}

/** Told of every event with where it went, for metrics and status. */
export interface ObserveEvents {
  event(type: string, fate: keyof Settlement, eventMs: number | null): void;
  lackedDetail(type: string): void;
  signature(state: SignatureState): void;
}

/** Applies a group of deliveries; resolves after everything it caused is committed. */
export type Apply = (group: DeliveryGroup, how: { readonly stalledTimes: number }) => Promise<Settlement>;

/** After this many stalls a job is applied one delivery at a time, so that what kills a worker kills alone. */
const STALLS_BEFORE_ALONE = 2;

/** The name by which metrics know foreign deliveries. */
const FOREIGN = "foreign";

/** An event that is on its way into a table. */
interface Pending {
  readonly event: Event;
  readonly type: string;
  readonly change: Change;
  /** Null where nothing says when it happened. */
  readonly eventMs: number | null;
}

/** The path of every event: interpret, one write for each table, dead letters; then it may be settled. */
export function createApply({ source, contexts, readForeign, addDeadLetters, observe }: ApplyOptions): Apply {
  async function applyTogether(name: string, deliveries: readonly Delivery[]): Promise<Settlement> {
    const counts = { applied: 0, superseded: 0, filtered: 0, deadLettered: 0 };
    const letters: DeadLetter[] = [];
    const pending = new Map<string, Pending[]>();

    function count(type: string, fate: keyof Settlement, eventMs: number | null = null): void {
      counts[fate] += 1;
      observe.event(type, fate, eventMs);
    }

    function bury(letter: DeadLetter): void {
      letters.push(letter);
      for (let event = 0; event < letter.events; event++) count(nameForMetrics(letter), "deadLettered");
    }

    function enqueue(table: string, entry: Pending): void {
      const waiting = pending.get(table);
      if (waiting === undefined) pending.set(table, [entry]);
      else waiting.push(entry);
    }

    /** A delivery of another sender than Zoho's webhook: the record it names is asked for. */
    function sortForeign(delivery: Delivery, meaning: ForeignMeaning): void {
      const event = { delivery, index: 0, element: delivery.body };
      if (meaning.kind === "filtered") count(FOREIGN, "filtered");
      else if (meaning.kind === "change") {
        enqueue(meaning.table, { event, type: FOREIGN, change: meaning.change, eventMs: null });
      } else bury(toWholeLetter(name, delivery, { ...noRecord, reason: "foreign", message: meaning.message }));
    }

    function sort(delivery: Delivery): void {
      const dead = new Map<string, { readonly cause: Cause; readonly events: [Event, ...Event[]] }>();
      toElements(delivery).forEach((element, index) => {
        const event = { delivery, index, element };
        const meaning = source.interpret(element);
        const { type } = meaning;
        if (meaning.kind === "dead") {
          const { reason, message } = meaning;
          const alike = dead.get(`${reason} ${type}`);
          if (alike !== undefined) alike.events.push(event);
          else
            dead.set(`${reason} ${type}`, {
              cause: { ...noRecord, eventType: type, reason, message },
              events: [event],
            });
        } else if (meaning.kind === "filtered" || !contexts.has(meaning.stream)) count(type, "filtered");
        else {
          const { stream, change, eventMs } = meaning;
          if (meaning.lacksDetail) observe.lackedDetail(type);
          enqueue(stream, { event, type, change, eventMs });
        }
      });
      for (const { events, cause } of dead.values()) bury(toLetter(name, events, cause));
    }

    async function write(table: string, entries: readonly Pending[]): Promise<void> {
      const written = await contexts.get(table)!.writer.write({ changes: entries.map(({ change }) => change) });
      entries.forEach(({ event, type, change: { key }, eventMs }, index) => {
        const result = written[index]!;
        if (result instanceof Error) {
          const cause = { eventType: type, table, key, reason: "sink", message: result.message };
          const isWhole = event.delivery.kind === "foreign";
          bury(isWhole ? toWholeLetter(name, event.delivery, cause) : toLetter(name, [event], cause));
        } else count(type, result === "applied" ? "applied" : "superseded", eventMs);
      });
    }

    const refusals = new Map<Delivery, Cause | null>();
    for (const delivery of deliveries) refusals.set(delivery, await refuse(delivery));
    const taken = deliveries.filter((delivery) => refusals.get(delivery) === null);
    const foreign = taken.filter(({ kind }) => kind === "foreign");
    // It may have to wait, and the whole group comes again: nothing is counted before.
    const meanings = foreign.length === 0 ? [] : await readForeign(foreign);
    for (const delivery of deliveries) {
      observe.signature(delivery.signature);
      const refusal = refusals.get(delivery) ?? null;
      if (refusal !== null) bury(toWholeLetter(name, delivery, refusal));
      else if (delivery.kind === "events") sort(delivery);
    }
    foreign.forEach((delivery, index) => sortForeign(delivery, meanings[index]!));
    await Promise.all([...pending].map(([table, entries]) => write(table, entries)));
    if (letters.length > 0) await addDeadLetters(letters);
    return counts;
  }

  /** Why a delivery may not be applied at all; null when it may. */
  async function refuse({ signature, token, receivedMs }: Delivery): Promise<Cause | null> {
    if (signature === "unverified" && token !== null && !(await source.verifySignature(token, receivedMs))) {
      const message =
        "The X-ZDesk-JWT of this delivery is not Zoho's for this webhook; discard it, or replay it if you trust it.";
      return { ...noRecord, reason: "signature", message };
    }
    return null;
  }

  return async ({ source: name, deliveries }, { stalledTimes }) => {
    if (stalledTimes < STALLS_BEFORE_ALONE) return applyTogether(name, deliveries);
    const total = { applied: 0, superseded: 0, filtered: 0, deadLettered: 0 };
    for (const delivery of deliveries) {
      const counts = await applyTogether(name, [delivery]);
      for (const fate of Object.keys(total) as (keyof Settlement)[]) total[fate] += counts[fate];
    }
    return total;
  };
}

function toElements({ body }: Delivery) {
  const parsed = parseJson(body);
  return Array.isArray(parsed) ? parsed : [parsed];
}
