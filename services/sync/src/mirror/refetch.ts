import { CreditsError, PermanentError } from "@deskmirror/model";
import type { Change, Purpose } from "@deskmirror/model";
import { isRefusal } from "./grant-watch.ts";
import type { TableContext } from "./table-context.ts";

/** A record to ask for by id. */
export interface Ask {
  readonly key: string;
  readonly parentId: string | null;
  /** Of a row whose detail is to be filled in: the modified time it has (ms). */
  readonly modifiedMs?: number | null;
}

/** A record that could not be had is left alone this long: after an error that passes or is not its own, and after one that does not. */
const REST_MS = 30_000;
const LONG_REST_MS = 10 * 60_000;

/** Asks for records by id and writes what comes back; the write settles their doubts and fills in their detail. */
export interface Refetcher {
  /** How many of the records were asked for. Errors of single records are logged and rest; CreditsError ends the whole. */
  refetch(context: TableContext, asks: readonly Ask[], options: RefetchOptions): Promise<number>;
  /** How many records rest: whoever takes the first few of many must take as many more. */
  resting(): number;
}

interface RefetchOptions {
  readonly purpose: Purpose;
  readonly signal: AbortSignal;
  readonly concurrency: number;
  /** Only detail is to be filled in: an answer that tells of no change makes no children due. */
  readonly fillsIn: boolean;
}

/** Of a row that a listing lacked and that we may not ask for, nobody but a person knows what became (docs/invariants.md, I7). */
async function isHeld({ sink, writer, stream, log }: TableContext, key: string, error: unknown): Promise<boolean> {
  if (!(error instanceof PermanentError) || error.code !== "FORBIDDEN") return false;
  const isSuspect = await sink.suspects.hold(writer.table, key);
  if (isSuspect)
    log.warn(
      { err: error, table: stream.name, key },
      "a row that the listing lacks may not be asked for; it is held for a person",
    );
  return isSuspect;
}

/** A change whose event was lost may be learnt from the answer that fills in an older one's detail, and from nothing else. */
function tellsOfChange(answer: Change, { modifiedMs = null }: Ask): boolean {
  return answer.op !== "upsert" || answer.modifiedMs !== modifiedMs;
}

function isItsOwn(error: unknown): boolean {
  return error instanceof PermanentError && !isRefusal(error);
}

/** Remembers which records could not be had, so that one of them never holds up the others. */
export function createRefetcher(now: () => number): Refetcher {
  const restUntil = new Map<string, number>();

  async function ask(context: TableContext, one: Ask, options: RefetchOptions): Promise<void> {
    const { key, parentId } = one;
    const name = `${context.stream.name}/${key}`;
    try {
      const change = await context.source.get(context.stream.name, key, parentId, options);
      const [written] = await context.writer.write({
        changes: [change],
        quiet: options.fillsIn && !tellsOfChange(change, one),
      });
      if (written instanceof PermanentError) throw written;
      restUntil.delete(name);
    } catch (error) {
      if (error instanceof CreditsError || options.signal.aborted) throw error;
      if (await isHeld(context, key, error)) return;
      restUntil.set(name, now() + (isItsOwn(error) ? LONG_REST_MS : REST_MS));
      context.log.warn(
        { err: error, table: context.stream.name, key },
        "a record could not be read; it is tried again later",
      );
    }
  }

  return {
    resting() {
      for (const [name, untilMs] of restUntil) if (untilMs <= now()) restUntil.delete(name);
      return restUntil.size;
    },
    async refetch(context, asks, options) {
      const due = asks.filter(({ key }) => (restUntil.get(`${context.stream.name}/${key}`) ?? 0) <= now());
      const queue = due.values();
      const worker = async (): Promise<void> => {
        for (const one of queue) await ask(context, one, options);
      };
      await Promise.all(Array.from({ length: Math.min(options.concurrency, due.length) }, worker));
      return due.length;
    },
  };
}
