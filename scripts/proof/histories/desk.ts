import { createDeskInProcess } from "@deskmirror/desk-emulator";
import type { DeskInProcess, Poster, Settings } from "@deskmirror/desk-emulator";
import { TransientError } from "@deskmirror/model";
import type { Time } from "@deskmirror/runtime";
import type { Transport } from "@deskmirror/zoho-desk";
import type { Random } from "./random.ts";

export const DESK_URL = "http://desk.example";

/** What Zoho's true behaviour is not known for: each history draws one reading. */
function drawSettings(random: Random): Partial<Settings> {
  return {
    searchRangeEnd: random.pick(["inclusive", "exclusive"]),
    searchTextLimit: random.pick([null, 20]),
    searchFindsArchived: random.chance(0.3),
    ticketsSortByModifiedTime: random.chance(0.7),
    childMovesModifiedTime: random.chance(0.3),
    trashedGet: random.pick(["trashed", "missing"]),
    restoreEvent: random.pick(["none", "Ticket_Update"]),
    restoreMovesModifiedTime: random.chance(0.3),
    webhookDeadlineMs: random.pick([5_000, 10_000]),
    webhookRetryDelaysMs: random.pick([[], [], [1_000, 5_000]]),
    overtakeAfterFailure: random.chance(0.5),
    eventsPerDelivery: random.pick([1, 1, 5]),
    lanesPerModule: random.pick([1, 4]),
    prevState: random.pick(["full", "changed"]),
    deleteSendsUpdate: random.chance(0.3),
    // A day without credits is waited for, by design; a history is over before it ends.
    maxRetryAfterSeconds: 60,
    hiddenKeys: random.chance(0.1) ? ["phone"] : [],
  };
}

/** A small Desk whose every unknown is drawn at random. */
export function createHistoryDesk(random: Random, time: Time, poster: Poster): DeskInProcess {
  const desk = createDeskInProcess({
    seed: random.int(1e6),
    tickets: random.int(9),
    departments: 2,
    latencyMs: random.pick([0, 20, 200, 900]),
    indexLagMs: random.pick([0, 500, 2_000, 30_000]),
    settings: drawSettings(random),
    clock: time.now,
    now: time.now,
    sleep: time.sleep,
    url: () => DESK_URL,
    poster,
  });
  // What a delivery is signed with plays no part here, and to sign costs more than all the rest of a history.
  desk.webhookControls.forgeNext(Infinity, "missing");
  return desk;
}

/** A transport without sockets: requests reach the Desk by a call, and take the Desk's time. */
export function createDeskTransport(desk: DeskInProcess, time: Time): Transport {
  return async ({ method, url, query, headers, json, form, timeoutMs, signal }) => {
    const startedMs = time.now();
    const { pathname } = new URL(url);
    const given = new Map(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
    const request = desk.exchange({
      method,
      path: pathname,
      query: new URLSearchParams(query),
      bodyText: json === undefined ? new URLSearchParams(form).toString() : JSON.stringify(json),
      header: (name) => given.get(name.toLowerCase()),
    });
    const reply = await request;
    signal?.throwIfAborted();
    if (reply === "silence") await time.sleep(timeoutMs, signal);
    if (typeof reply === "string") throw new TransientError("the Desk gave no whole answer", { code: "ECONNRESET" });
    const date = new Date(desk.clock.now()).toUTCString();
    return {
      status: reply.status,
      text: reply.text,
      headers: {
        ...Object.fromEntries(Object.entries(reply.headers).map(([name, value]) => [name.toLowerCase(), value])),
        date,
      },
      durationMs: time.now() - startedMs,
    };
  };
}
