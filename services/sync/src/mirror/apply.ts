import { parseJson, toStorableText } from "@deskmirror/model";
import type {
  Change,
  DeadLetter,
  Delivery,
  DeliveryGroup,
  JsonValue,
  Settlement,
  SignatureState,
  Source,
} from "@deskmirror/model";
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
  readonly stream: string;
  readonly change: Change;
  readonly eventMs: number;
}

/** One element of a delivery. */
interface Event {
  readonly delivery: Delivery;
  readonly index: number;
  readonly element: JsonValue;
}

/** Why something is dead, as its letter says it. */
type Cause = Pick<DeadLetter, "eventType" | "table" | "key" | "reason" | "message">;

const noRecord = { eventType: null, table: null, key: null };

/** The path of every event: interpret, one write for each table, dead letters; then it may be settled. */
export function createApply(options: ApplyOptions): Apply {
  const { source, contexts, observe } = options;

  async function applyTogether(name: string, deliveries: readonly Delivery[]): Promise<Settlement> {
    const counts = { applied: 0, superseded: 0, filtered: 0, deadLettered: 0 };
    const letters: DeadLetter[] = [];
    const pending = new Map<string, Pending[]>();

    function count(type: string, fate: keyof Settlement, eventMs: number | null = null): void {
      counts[fate] += 1;
      observe.event(type, fate, eventMs);
    }

    /** Events of one delivery that are dead for one reason are one letter, however many they are. */
    function bury([first, ...others]: readonly Event[], cause: Cause): void {
      const { delivery, index } = first!;
      const body = JSON.stringify([first!, ...others].map(({ element }) => element));
      letters.push(toDeadLetter({ name, delivery, index, events: 1 + others.length, body }, cause));
      for (let event = 0; event <= others.length; event++) count(nameForMetrics(cause), "deadLettered");
    }

    function buryWhole(delivery: Delivery, cause: Cause): void {
      const { events, body } = delivery;
      letters.push(toDeadLetter({ name, delivery, index: 0, events, body }, cause));
      for (let event = 0; event < events; event++) count(nameForMetrics(cause), "deadLettered");
    }

    function sort(delivery: Delivery): void {
      const dead = new Map<string, { readonly cause: Cause; readonly events: Event[] }>();
      toElements(delivery).forEach((element, index) => {
        const event = { delivery, index, element };
        const meaning = source.interpret(element);
        const { type } = meaning;
        if (meaning.kind === "dead") {
          const { reason, message } = meaning;
          const alike = dead.get(`${reason} ${type}`);
          if (alike === undefined) {
            dead.set(`${reason} ${type}`, {
              cause: { ...noRecord, eventType: type, reason, message },
              events: [event],
            });
          } else alike.events.push(event);
        } else if (meaning.kind === "filtered" || !contexts.has(meaning.stream)) count(type, "filtered");
        else {
          const { stream, change, eventMs } = meaning;
          if (meaning.lacksDetail) observe.lackedDetail(type);
          const waiting = pending.get(stream);
          const entry = { event, type, stream, change, eventMs };
          if (waiting === undefined) pending.set(stream, [entry]);
          else waiting.push(entry);
        }
      });
      for (const { events, cause } of dead.values()) bury(events, cause);
    }

    for (const delivery of deliveries) {
      const refusal = await refuse(delivery);
      if (refusal === null) sort(delivery);
      else buryWhole(delivery, refusal);
    }

    await Promise.all(
      [...pending].map(async ([stream, entries]) => {
        const written = await contexts.get(stream)!.writer.write({ changes: entries.map(({ change }) => change) });
        entries.forEach(({ event, type, change, eventMs }, index) => {
          const result = written[index]!;
          if (result instanceof Error) {
            bury([event], { eventType: type, table: stream, key: change.key, reason: "sink", message: result.message });
          } else count(type, result === "applied" ? "applied" : "superseded", eventMs);
        });
      }),
    );
    if (letters.length > 0) await options.addDeadLetters(letters);
    return counts;
  }

  /** Why a delivery may not be applied at all; null when it may. */
  async function refuse(delivery: Delivery): Promise<Cause | null> {
    observe.signature(delivery.signature);
    if (delivery.signature === "unverified" && delivery.token !== null) {
      if (!(await source.verifySignature(delivery.token, delivery.receivedMs))) {
        const message =
          "The X-ZDesk-JWT of this delivery is not Zoho's for this webhook; discard it, or replay it if you trust it.";
        return { ...noRecord, reason: "signature", message };
      }
    }
    if (delivery.kind === "foreign") {
      const message =
        "This body is no list of events (workflow rule, Cliq message or custom function); it is kept for replay.";
      return { ...noRecord, reason: "foreign", message };
    }
    return null;
  }

  return async (group, { stalledTimes }) => {
    if (stalledTimes < STALLS_BEFORE_ALONE) return applyTogether(group.source, group.deliveries);
    const total = { applied: 0, superseded: 0, filtered: 0, deadLettered: 0 };
    for (const delivery of group.deliveries) {
      const counts = await applyTogether(group.source, [delivery]);
      for (const fate of Object.keys(total) as (keyof Settlement)[]) total[fate] += counts[fate];
    }
    return total;
  };
}

function toElements(delivery: Delivery): readonly JsonValue[] {
  const parsed = parseJson(delivery.body);
  return Array.isArray(parsed) ? parsed : [parsed];
}

interface Buried {
  readonly name: string;
  readonly delivery: Delivery;
  readonly index: number;
  readonly events: number;
  readonly body: string;
}

function toDeadLetter({ name, delivery, index, events, body }: Buried, cause: Cause): DeadLetter {
  const { id, receivedMs } = delivery;
  const message = toStorableText(cause.message);
  return { ...cause, id: `${id}.${index}`, source: name, events, receivedMs, attempts: 1, body, message };
}

/** Names that are not known are no label of a metric: anybody could make new ones without end. */
function nameForMetrics({ eventType, reason }: Cause): string {
  return eventType === null || reason === "unknown-event" ? "unknown" : eventType;
}
