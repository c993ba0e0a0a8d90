import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CreditsError, PURPOSES, TransientError, toError } from "@deskmirror/model";
import type { Credits, Purpose, Throttle, Usage } from "@deskmirror/model";
import { ask } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { toCredits } from "./credits.ts";
import { sharedKey } from "./keys.ts";
import { ACQUIRE, LEAVE, RELEASE, SLOT_MS } from "./throttle-scripts.ts";

/** Limits as they are now. */
export interface ThrottleLimits {
  /** Requests at once, over all processes. */
  readonly concurrency: number;
  /** Share of the day's credits that is never touched, 0 to 1. */
  readonly reserve: number;
  /** The day's credits; null: the highest remainder seen today, with what its own request cost. */
  readonly dailyLimit: number | null;
}

/** A throttle that also tells the credits. */
export interface OrganizationThrottle extends Throttle {
  /** TransientError when Redis is out of reach. */
  readonly credits: () => Promise<Credits>;
  readonly close: () => Promise<void>;
}

/** What a throttle is made of. */
export interface ThrottleOptions {
  readonly connection: RedisConnection;
  /** `<data centre>:<orgId>`: what Zoho counts credits by. */
  readonly organization: string;
  readonly settings: () => ThrottleLimits;
  /** Now in ms; Redis's own clock when left out. */
  readonly clock?: () => number;
}

interface Waiter {
  readonly purpose: Purpose;
  readonly go: () => void;
  readonly fail: (error: Error) => void;
}

/** How often a waiting request says that it is still there; a slot given to it meanwhile is told at once. */
const REPEAT_MS = 700;

/**
 * One organization's throttle. A request costs two questions to Redis: for a slot, and giving it back. While Redis is away requests
 * wait; a process that dies leaves its slots for 40 s, longer than any request lasts.
 */
export function createThrottle({ connection, organization, settings, clock }: ThrottleOptions): OrganizationThrottle {
  const { client } = connection;
  const key = (name: string) => sharedKey(`org:${organization}`, name);
  const keys = [key("slots"), key("waiting"), key("alive"), key("state")] as const;
  const channel = key("admitted");
  const waiting = new Map<string, Waiter>();
  const ends = [
    connection.subscribe(channel, {
      onMessage: (id) => (id === "" ? requestAll() : waiting.get(id)?.go()),
      onHeard: requestAll,
    }),
    connection.onReady(requestAll),
  ];
  let timer: NodeJS.Timeout | undefined;

  function evaluate(script: string, id: string, ...values: readonly (string | number)[]): Promise<unknown> {
    const { concurrency, reserve, dailyLimit } = settings();
    const common = [clock?.() ?? "", Math.max(1, concurrency), reserve, dailyLimit ?? "", channel, id];
    return ask(client.eval(script, keys.length, ...keys, ...common, ...values));
  }

  /** Asks for a waiting request's slot; when Redis does not answer, the next repetition asks again. */
  async function request(id: string, { purpose, go, fail }: Waiter): Promise<void> {
    const reply = await evaluate(ACQUIRE, id, PURPOSES.indexOf(purpose)).catch(() => ["wait"]);
    const [answer, untilMs = 0, remaining = 0, limit = 0] = reply as readonly [string, number?, number?, number?];
    const retryAfterMs = Math.max(0, untilMs - now());
    const until = `Nothing is sent before ${new Date(untilMs).toISOString()}`;
    if (answer === "go") go();
    if (answer === "stop") fail(new CreditsError(`${until}: Zoho asked to wait`, { code: "STOPPED", retryAfterMs }));
    if (answer === "reserve") {
      const kept = `${Math.round(settings().reserve * 100)} % are kept for other tools`;
      const left = `${remaining} of ${limit} credits are left and ${kept}`;
      fail(new CreditsError(`${until}: ${left}`, { code: "RESERVE", retryAfterMs }));
    }
  }

  function requestAll(): void {
    for (const [id, waiter] of waiting) void request(id, waiter);
  }

  const now = () => clock?.() ?? Date.now();
  const leave = (id: string) => evaluate(LEAVE, id).catch(() => {});

  /** Waits for a slot; the id under which it is held. */
  function acquire(purpose: Purpose, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const id = randomUUID();
      const settle = (end: () => void) => {
        signal.removeEventListener("abort", abort);
        if (!waiting.delete(id)) return;
        if (waiting.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
        end();
      };
      // Sent after every question for this slot, and so the last word on it.
      const abort = () =>
        settle(() => {
          void leave(id);
          reject(toError(signal.reason));
        });
      const waiter = {
        purpose,
        go: () => settle(() => resolve(id)),
        fail: (error: Error) => settle(() => reject(error)),
      };
      signal.addEventListener("abort", abort);
      waiting.set(id, waiter);
      timer ??= setInterval(requestAll, REPEAT_MS);
      void request(id, waiter);
    });
  }

  /** Gives a slot back; when Redis is away, in the background for as long as the slot would stand. */
  async function release(id: string, purpose: Purpose, usage: Usage | null): Promise<void> {
    const { weight, remaining, refused, retryAfterMs } = usage ?? NO_USAGE;
    const values = [purpose, weight ?? "", remaining ?? "", refused ?? "", retryAfterMs ?? ""];
    const giveBack = () => (usage === null ? evaluate(LEAVE, id) : evaluate(RELEASE, id, ...values));
    try {
      await giveBack();
    } catch {
      void repeat(giveBack);
    }
  }

  return {
    async run(purpose, signal, send) {
      const id = await acquire(purpose, signal);
      let usage: Usage | null = null;
      try {
        const answer = await send();
        usage = answer.usage;
        return answer.value;
      } finally {
        await release(id, purpose, usage);
      }
    },
    async credits() {
      return toCredits(await ask(client.hgetall(key("state"))), settings(), now());
    },
    async close() {
      for (const end of ends) end();
      for (const { fail } of waiting.values())
        fail(new TransientError("This process is ending; the request was not sent"));
    },
  };
}

const NO_USAGE: Usage = { weight: null, remaining: null, refused: null, retryAfterMs: null };

async function repeat(giveBack: () => Promise<unknown>): Promise<void> {
  for (const startedMs = performance.now(); performance.now() - startedMs < SLOT_MS;) {
    await sleep(500 * (1 + Math.random()), undefined, { ref: false });
    try {
      await giveBack();
      return;
    } catch {
      continue;
    }
  }
}
