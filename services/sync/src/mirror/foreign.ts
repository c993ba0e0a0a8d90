import { PermanentError, TransientError, toError } from "@deskmirror/model";
import type { Delivery, Naming, Refetch, Source } from "@deskmirror/model";
import type { TableContext } from "./table-context.ts";

/** What a foreign delivery comes to: the record to ask for, or that its table is not wanted, or why it is dead. */
export type ForeignMeaning =
  | { readonly kind: "change"; readonly table: string; readonly change: Refetch }
  | { readonly kind: "filtered" }
  | { readonly kind: "dead"; readonly message: string };

/**
 * Finds out what foreign deliveries mean, one meaning for each, in order. TransientError, with its own time, while their turn is still to
 * come or the source cannot say which record is meant.
 */
export type ReadForeign = (deliveries: readonly Delivery[]) => Promise<readonly ForeignMeaning[]>;

/** What reading foreign deliveries needs. */
export interface ForeignOptions {
  readonly source: Source;
  readonly contexts: ReadonlyMap<string, TableContext>;
  /** How long until so many records may be asked for, in ms; 0: now. */
  readonly waitMs: (work: { readonly id: string; readonly size: number }) => Promise<number>;
}

/** The search shows a new ticket no later than this: until then a number that it does not know is looked up again. */
const INDEX_LAG_MS = 2 * 60_000;
const ASK_AGAIN_MS = 30_000;
/** A look-up holds a place among the groups in work; Zoho's slowness must not hold up events. */
const LOOK_UP_MS = 5_000;

/**
 * Reads deliveries that are no list of events (contract section 3): the record each names becomes one to ask for. What exceeds the turns
 * there are stays in the queue.
 */
export function createReadForeign({ source, contexts, waitMs }: ForeignOptions): ReadForeign {
  async function findTicket(ticketNumber: string, receivedMs: number): Promise<string | null> {
    const signal = AbortSignal.timeout(LOOK_UP_MS);
    const key = await source.findTicket(ticketNumber, { purpose: "live", signal }).catch((thrown: unknown) => {
      throw thrown instanceof PermanentError ? thrown : later(toError(thrown));
    });
    if (key !== null || Date.now() - receivedMs > INDEX_LAG_MS) return key;
    throw later(new Error(`the search does not show ticket number ${ticketNumber} yet`));
  }

  /** Of the tables a record may be of, the first that has it; where none does, the first that is wanted. */
  async function tableOf(streams: readonly string[], key: string): Promise<string> {
    const wanted = streams.flatMap((stream) => contexts.get(stream) ?? []);
    for (const { stream, sink, writer } of wanted.length > 1 ? wanted : []) {
      if ((await sink.rowsByKey(writer.table, [key])).length > 0) return stream.name;
    }
    return wanted[0]!.stream.name;
  }

  async function toMeaning(naming: Naming, receivedMs: number): Promise<ForeignMeaning> {
    if (naming.kind === "nothing") return { kind: "dead", message: naming.message };
    if (!isWanted(naming)) return { kind: "filtered" };
    if (naming.kind === "record") return toChange(await tableOf(naming.streams, naming.key), naming.key);
    const { ticketNumber } = naming;
    try {
      const key = await findTicket(ticketNumber, receivedMs);
      if (key !== null) return toChange("tickets", key);
      return { kind: "dead", message: `Zoho's search knows no ticket number ${ticketNumber}; send the ticket's id` };
    } catch (error) {
      if (error instanceof PermanentError) return { kind: "dead", message: error.message };
      throw error;
    }
  }

  function toChange(table: string, key: string): ForeignMeaning {
    const change: Refetch = { op: "refetch", key, origin: "event", parentId: null, afterMs: source.now() };
    return { kind: "change", table, change };
  }

  function isWanted(naming: Naming): boolean {
    if (naming.kind === "nothing") return false;
    return naming.kind === "record" ? naming.streams.some((one) => contexts.has(one)) : contexts.has("tickets");
  }

  return async (deliveries) => {
    const named = deliveries.map(({ body, module, receivedMs }) => ({
      naming: source.readForeign(body, module),
      receivedMs,
    }));
    // Deliveries that name the same record ask for it once.
    const questions = Map.groupBy(named, ({ naming }) => JSON.stringify(naming));
    const size = [...questions.values()].filter(([first]) => isWanted(first!.naming)).length;
    if (size > 0) {
      const ms = await waitMs({ id: deliveries[0]!.id, size });
      if (ms > 0) throw later(new Error("as many records as may be are asked for this minute"), ms);
    }
    const meanings = new Map<string, ForeignMeaning>();
    const ask = async ([question, [first]]: [string, typeof named]): Promise<void> => {
      meanings.set(question, await toMeaning(first!.naming, first!.receivedMs));
    };
    await Promise.all([...questions].map(ask));
    return named.map(({ naming }) => meanings.get(JSON.stringify(naming))!);
  };
}

/** An error that delays this delivery alone, and no other of its source. */
function later(cause: Error, waitMs = ASK_AGAIN_MS): TransientError {
  const retryAfterMs = Math.max(waitMs, cause instanceof TransientError ? (cause.retryAfterMs ?? 0) : 0);
  return new TransientError(`a foreign delivery waits: ${cause.message}`, { code: "FOREIGN", retryAfterMs, cause });
}
