import type { Settings } from "../settings.ts";
import type { Stats } from "../stats.ts";
import type { SenderControls } from "./controls.ts";
import type { Poster } from "./http-post.ts";
import type { Signer } from "./signer.ts";

/** One event on its way to one webhook. */
export interface Outgoing {
  readonly webhookId: string;
  /** Deliveries of one lane keep their order. */
  readonly lane: string;
  readonly eventType: string;
  /** The event object as JSON. */
  readonly json: string;
}

/** Sends events to webhooks: lanes in order, side by side, with the faults the controls ask for. */
export interface Sender {
  push(event: Outgoing): void;
  /** Sends a raw body, signed, out of order. */
  sendRaw(webhookId: string, body: string): Promise<number | null>;
  /** Events that wait or are being sent. */
  pending(): number;
  /** Resolves when nothing waits any more. */
  idle(): Promise<void>;
  close(): void;
}

/** What the sender works with. */
export interface SenderDeps {
  readonly settings: Settings;
  readonly stats: Stats;
  readonly controls: SenderControls;
  readonly poster: Poster;
  readonly signer: Signer;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly now: () => number;
  /** URL of an enabled webhook; null when it was disabled or deleted. */
  urlOf(webhookId: string): string | null;
  /** The callback answered 410. */
  gone(webhookId: string): void;
}

interface Queued extends Outgoing {
  readonly notBeforeMs: number;
}

/** A sender without events. */
export function createSender(deps: SenderDeps): Sender {
  const { settings, stats, controls, poster, signer, sleep, now } = deps;
  const lanes = new Map<string, Queued[]>();
  const running = new Set<string>();
  const stop = new AbortController();
  let collected: Outgoing[] = [];
  let pending = 0;
  let waiters: (() => void)[] = [];

  function settle(count: number): void {
    pending -= count;
    if (pending > 0) return;
    for (const done of waiters) done();
    waiters = [];
  }

  function record(batch: readonly Outgoing[], outcome: Parameters<Stats["delivery"]>[1]): void {
    for (const { eventType } of batch) stats.delivery(eventType, outcome);
  }

  /** One attempt: true when answered 200; a webhook that answers 410 is deleted. */
  async function attempt(batch: readonly Outgoing[]): Promise<boolean> {
    const { webhookId } = batch[0] as Outgoing;
    const url = deps.urlOf(webhookId);
    if (url === null) {
      record(batch, "lost");
      return true;
    }
    record(batch, "sent");
    const body = `[${batch.map((event) => event.json).join(",")}]`;
    const jwt = signer.jwt(webhookId, controls.forgery());
    const status = await poster.send({ method: "POST", url, body, jwt, deadlineMs: settings.webhookDeadlineMs });
    record(batch, status === 200 ? "ok" : "failed");
    if (status === 410) deps.gone(webhookId);
    return status === 200 || status === 410;
  }

  async function retry(batch: readonly Outgoing[]): Promise<void> {
    for (const delayMs of settings.webhookRetryDelaysMs) {
      await sleep(delayMs, stop.signal);
      if (await attempt(batch)) return;
    }
  }

  async function deliver(batch: readonly Outgoing[]): Promise<void> {
    const ok = await attempt(batch);
    if (ok || settings.webhookRetryDelaysMs.length === 0) return settle(batch.length);
    const retried = retry(batch).finally(() => settle(batch.length));
    if (!settings.overtakeAfterFailure) await retried;
    else retried.catch(ignoreStop);
  }

  function takeBatch(queue: Queued[]): Queued[] {
    const webhookId = queue[0]?.webhookId;
    let size = 0;
    while (size < settings.eventsPerDelivery && queue[size]?.webhookId === webhookId) size += 1;
    return queue.splice(0, Math.max(1, size));
  }

  async function drain(lane: string): Promise<void> {
    const queue = lanes.get(lane) ?? [];
    while (queue.length > 0) {
      const waitMs = (queue[0] as Queued).notBeforeMs - now();
      if (waitMs > 0) await sleep(waitMs, stop.signal);
      await deliver(takeBatch(queue));
    }
  }

  function start(lane: string): void {
    if (running.has(lane)) return;
    running.add(lane);
    drain(lane)
      .catch(ignoreStop)
      .finally(() => {
        running.delete(lane);
        if ((lanes.get(lane)?.length ?? 0) > 0 && !stop.signal.aborted) start(lane);
        else lanes.delete(lane);
      });
  }

  function enqueue(event: Queued): void {
    const queue = lanes.get(event.lane);
    if (queue === undefined) lanes.set(event.lane, [event]);
    else queue.push(event);
    start(event.lane);
  }

  function dispatch(event: Outgoing): void {
    const fate = controls.fate();
    if (fate.drop) {
      stats.delivery(event.eventType, "dropped");
      settle(1);
      return;
    }
    if (fate.double) {
      stats.delivery(event.eventType, "doubled");
      pending += 1;
    }
    for (const copy of fate.double ? [event, event] : [event]) {
      if (fate.shuffled)
        sleep(fate.delayMs, stop.signal)
          .then(() => deliver([copy]))
          .catch(ignoreStop);
      else enqueue({ ...copy, notBeforeMs: now() + fate.delayMs });
    }
  }

  return {
    push(event) {
      pending += 1;
      const collecting = controls.collect();
      if (collecting === "no") return dispatch(event);
      collected.push(event);
      if (collecting === "hold") return;
      const reversed = collected.toReversed();
      collected = [];
      for (const held of reversed) dispatch(held);
    },
    async sendRaw(webhookId, body) {
      const url = deps.urlOf(webhookId);
      if (url === null) return null;
      const jwt = signer.jwt(webhookId, controls.forgery());
      return await poster.send({ method: "POST", url, body, jwt, deadlineMs: settings.webhookDeadlineMs });
    },
    pending: () => pending,
    idle: () => (pending === 0 ? Promise.resolve() : new Promise((resolve) => void waiters.push(resolve))),
    close() {
      stop.abort();
      poster.close();
    },
  };
}

/** Waiting ends with an abort when the emulator closes; anything else is a defect and must be seen. */
function ignoreStop(error: unknown): void {
  if (!(error instanceof Error && error.name === "AbortError")) throw error;
}
