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
import type { TableContext } from "./table-context.ts";

/** What applying deliveries needs. */
export interface ApplyOptions {
  readonly source: Source;
  /** The wanted tables; events of other tables are filtered. */
  readonly contexts: ReadonlyMap<string, TableContext>;
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

/** An event that is on its way into a table. */
interface Pending {
  readonly event: Event;
  readonly type: string;
  readonly change: Change;
  readonly eventMs: number;
}

/** The path of every event: interpret, one write for each table, dead letters; then it may be settled. */
export function createApply({ source, contexts, addDeadLetters, observe }: ApplyOptions): Apply {
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
          const waiting = pending.get(stream);
          if (waiting === undefined) pending.set(stream, [{ event, type, change, eventMs }]);
          else waiting.push({ event, type, change, eventMs });
        }
      });
      for (const { events, cause } of dead.values()) bury(toLetter(name, events, cause));
    }

    async function write(table: string, entries: readonly Pending[]): Promise<void> {
      const written = await contexts.get(table)!.writer.write({ changes: entries.map(({ change }) => change) });
      entries.forEach(({ event, type, change: { key }, eventMs }, index) => {
        const result = written[index]!;
        if (result instanceof Error) {
          const { message } = result;
          bury(toLetter(name, [event], { eventType: type, table, key, reason: "sink", message }));
        } else count(type, result === "applied" ? "applied" : "superseded", eventMs);
      });
    }

    for (const delivery of deliveries) {
      const refusal = await refuse(delivery);
      if (refusal === null) sort(delivery);
      else bury(toWholeLetter(name, delivery, refusal));
    }
    await Promise.all([...pending].map(([table, entries]) => write(table, entries)));
    if (letters.length > 0) await addDeadLetters(letters);
    return counts;
  }

  /** Why a delivery may not be applied at all; null when it may. */
  async function refuse({ kind, signature, token, receivedMs }: Delivery): Promise<Cause | null> {
    observe.signature(signature);
    if (signature === "unverified" && token !== null && !(await source.verifySignature(token, receivedMs))) {
      const message =
        "The X-ZDesk-JWT of this delivery is not Zoho's for this webhook; discard it, or replay it if you trust it.";
      return { ...noRecord, reason: "signature", message };
    }
    if (kind === "events") return null;
    const message =
      "This body is no list of events (workflow rule, Cliq message or custom function); it is kept for replay.";
    return { ...noRecord, reason: "foreign", message };
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
