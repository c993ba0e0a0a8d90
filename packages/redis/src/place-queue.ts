import { toError } from "@deskmirror/model";

/** What came of asking for a place. */
export type Answer<P> =
  | { readonly kind: "go"; readonly place: P }
  /** All are taken: ask again when one may be free. */
  | { readonly kind: "wait" }
  | { readonly kind: "refused"; readonly error: Error };

/** Those of one process who wait for a place, by rank; only the first of them asks for one. */
export interface PlaceQueue<P> {
  /** A place, the smallest rank first. Rejects with the refusal, or when the signal aborts. */
  take(rank: number, signal: AbortSignal): Promise<P>;
  /** A place may be free: asks now. */
  wake(): void;
}

/** What a queue is made of. */
export interface PlaceQueueOptions<P> {
  /** Ranks are 0 to `ranks` − 1. */
  readonly ranks: number;
  readonly ask: (rank: number) => Promise<Answer<P>>;
  /** Takes back a place whose waiter left while it was asked for. */
  readonly giveBack: (place: P) => Promise<void>;
}

interface Waiter<P> {
  readonly rank: number;
  readonly resolve: (place: P) => void;
  readonly reject: (error: Error) => void;
}

/** How long nobody needs to tell of a free place before it is asked for again: that of a killed process is told by none. */
const REST_MS = 200;

/** A queue without anybody in it. */
export function createPlaceQueue<P>({ ranks, ask, giveBack }: PlaceQueueOptions<P>): PlaceQueue<P> {
  const waiting = Array.from({ length: ranks }, () => new Set<Waiter<P>>());
  let isAsking = false;
  let hasNews = false;
  let endRest = (): void => {};

  function first(): Waiter<P> | undefined {
    for (const waiters of waiting) for (const waiter of waiters) return waiter;
    return undefined;
  }

  function wake(): void {
    hasNews = true;
    endRest();
  }

  const rest = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, REST_MS * (0.5 + Math.random()));
      endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function serve(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    for (let asker = first(); asker !== undefined; asker = first()) {
      hasNews = false;
      const answer = await ask(asker.rank).catch((thrown: unknown) => ({
        kind: "refused" as const,
        error: toError(thrown),
      }));
      if (answer.kind === "refused") asker.reject(answer.error);
      else if (answer.kind === "go") await settle(answer.place);
      else if (!hasNews) await rest();
    }
    isAsking = false;
  }

  /** Gives a place to whoever is first by now. */
  async function settle(place: P): Promise<void> {
    const waiter = first();
    if (waiter === undefined) await giveBack(place);
    else waiter.resolve(place);
  }

  return {
    wake,
    take: (rank, signal) =>
      new Promise<P>((resolve, reject) => {
        if (signal.aborted) return reject(toError(signal.reason));
        const leave = (): void => {
          waiting[rank]?.delete(waiter);
          signal.removeEventListener("abort", abort);
        };
        const waiter: Waiter<P> = {
          rank,
          resolve(place) {
            leave();
            resolve(place);
          },
          reject(error) {
            leave();
            reject(error);
          },
        };
        const abort = (): void => {
          waiter.reject(toError(signal.reason));
          wake();
        };
        signal.addEventListener("abort", abort);
        waiting[rank]?.add(waiter);
        if (first() === waiter) wake();
        void serve();
      }),
  };
}
