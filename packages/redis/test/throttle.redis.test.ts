import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CreditsError } from "@deskmirror/model";
import type { Purpose, Usage } from "@deskmirror/model";
import { createFaultProxy } from "@deskmirror/testing";
import type { RedisConnection } from "../src/connection.ts";
import { createThrottle } from "../src/throttle.ts";
import type { OrganizationThrottle, ThrottleLimits } from "../src/throttle.ts";
import { atEnd, testConnection, testRedis, uniqueName, until } from "./redis.ts";

const url = await testRedis();
const connection = await testConnection(url);
const never = new AbortController().signal;

interface Setup extends Partial<ThrottleLimits> {
  readonly organization?: string;
  readonly clock?: () => number;
  readonly connection?: RedisConnection;
}

function open({ organization = uniqueName("com:"), clock, connection: over = connection, ...limits }: Setup = {}) {
  const settings = { concurrency: 4, reserve: 0.4, dailyLimit: null, ...limits };
  const throttle = createThrottle({
    connection: over,
    organization,
    settings: () => settings,
    ...(clock === undefined ? {} : { clock }),
  });
  atEnd(() => throttle.close());
  return throttle;
}

const answer = (usage: Partial<Usage> = {}) => ({
  value: "ok",
  usage: { weight: 3, remaining: null, refused: null, retryAfterMs: null, ...usage },
});

/** Sends one request whose answer says this. */
const send = (throttle: OrganizationThrottle, usage: Partial<Usage> = {}, purpose: Purpose = "live") =>
  throttle.run(purpose, never, async () => answer(usage));

/** A request in flight until it is ended. */
function hold(throttle: OrganizationThrottle, purpose: Purpose = "live") {
  const { promise, resolve } = Promise.withResolvers<Partial<Usage>>();
  const state = { sent: false };
  const done = throttle.run(purpose, never, async () => {
    state.sent = true;
    return answer(await promise);
  });
  return { state, done, end: (usage: Partial<Usage> = {}) => (resolve(usage), done) };
}

test("no more than the limit are in flight over several connections, and all are sent", async () => {
  const organization = uniqueName("com:");
  const throttles = [0, 1, 2].map(() => open({ organization }));
  await send(throttles[0]!);
  let inFlight = 0;
  let most = 0;
  const all = Array.from({ length: 90 }, (_, index) =>
    throttles[index % 3]!.run("pull", never, async () => {
      most = Math.max(most, ++inFlight);
      await sleep(5);
      inFlight--;
      return answer();
    }),
  );
  await Promise.all(all);
  assert.equal(most, 4);
});

test("who waits goes in the order of urgency, then of arrival, over all processes", async () => {
  const organization = uniqueName("com:");
  const [one, other] = [open({ organization, concurrency: 1 }), open({ organization, concurrency: 1 })];
  const first = hold(one);
  await until(() => first.state.sent);
  const order: string[] = [];
  const wanted: readonly [OrganizationThrottle, Purpose, string][] = [
    [one, "pull", "pull 1"],
    [other, "reconcile", "reconcile"],
    [other, "pull", "pull 2"],
    [one, "live", "live"],
    [other, "heal", "heal"],
    [one, "pull", "pull 3"],
  ];
  const all = [];
  for (const [throttle, purpose, name] of wanted) {
    all.push(throttle.run(purpose, never, async () => (order.push(name), answer())));
    await sleep(30);
  }
  await first.end();
  await Promise.all(all);
  assert.deepEqual(order, ["live", "heal", "reconcile", "pull 1", "pull 2", "pull 3"]);
});

test("a request costs two questions to Redis, also when it has to wait", async () => {
  const organization = uniqueName("com:");
  let questions = 0;
  const client = new Proxy(connection.client, {
    get(target, name) {
      if (name === "eval") questions++;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const throttles = [0, 1].map(() => open({ organization, connection: { ...connection, client } }));
  await send(throttles[0]!);
  questions = 0;
  const work = async () => (await sleep(2), answer());
  await Promise.all(Array.from({ length: 100 }, (_, index) => throttles[index % 2]!.run("pull", never, work)));
  assert.ok(questions <= 220, String(questions));
});

test("a freed slot is taken at once: 800 requests of 30 ms over 25 slots flow at more than 250 a second", async () => {
  const throttle = open({ concurrency: 25 });
  await send(throttle);
  const startedMs = performance.now();
  const work = async () => (await sleep(30), answer());
  await Promise.all(Array.from({ length: 800 }, () => throttle.run("pull", never, work)));
  const perSecond = 800 / ((performance.now() - startedMs) / 1_000);
  assert.ok(perSecond > 250, `${perSecond.toFixed(0)} a second`);
});

test("a request that waits is served even when nobody tells it that it may go", async () => {
  const deaf = open({ concurrency: 1, connection: { ...connection, subscribe: () => () => {} } });
  const first = hold(deaf);
  await until(() => first.state.sent);
  const second = hold(deaf);
  await first.end();
  await until(() => second.state.sent, 2_000);
  await second.end();
});

test("a request that fails gives its slot back and passes its error on", async () => {
  const throttle = open({ concurrency: 1 });
  const fail = throttle.run("live", never, async () => {
    throw new Error("ECONNRESET");
  });
  await assert.rejects(fail, /ECONNRESET/);
  await send(throttle);
});

test("a request that is given up while it waits leaves its place to the next", async () => {
  const throttle = open({ concurrency: 1 });
  const first = hold(throttle);
  await until(() => first.state.sent);
  const giveUp = new AbortController();
  const given = throttle.run("live", giveUp.signal, async () => answer());
  const next = hold(throttle, "pull");
  await sleep(50);
  giveUp.abort();
  await assert.rejects(given, { name: "AbortError" });
  await first.end();
  await until(() => next.state.sent, 500);
  await next.end();
  await assert.rejects(
    throttle.run("live", AbortSignal.abort(), async () => answer()),
    { name: "AbortError" },
  );
});

test("the slots of a process that died are free again after 40 s, and not before", async () => {
  let nowMs = Date.now();
  const throttle = open({ concurrency: 2, clock: () => nowMs });
  await send(throttle);
  const dead = [hold(throttle), hold(throttle)];
  await until(() => dead.every(({ state }) => state.sent));
  const next = hold(throttle);
  nowMs += 39_000;
  await sleep(900);
  assert.equal(next.state.sent, false);
  nowMs += 1_001;
  await until(() => next.state.sent, 2_000);
});

test("requests wait while Redis is away, and a slot that could not be given back is given back later", async () => {
  const proxy = await createFaultProxy(url);
  atEnd(() => proxy.close());
  const throttle = open({ concurrency: 1, connection: await testConnection(proxy.url) });
  const first = hold(throttle);
  await until(() => first.state.sent);
  proxy.cut();
  await first.end();
  const second = hold(throttle);
  await sleep(300);
  assert.equal(second.state.sent, false);
  proxy.restore();
  await until(() => second.state.sent, 6_000);
  await second.end();
});

test("every answer's cost and remainder is kept, by purpose, for all processes", async () => {
  const organization = uniqueName("com:");
  const [one, other] = [open({ organization }), open({ organization })];
  assert.deepEqual(await one.credits(), {
    limit: null,
    remaining: null,
    reserve: 0.4,
    spentToday: { live: 0, heal: 0, reconcile: 0, pull: 0 },
    waitUntilMs: null,
  });
  await send(one, { weight: 3, remaining: 9_997 }, "pull");
  await send(other, { weight: 1, remaining: 9_999 }, "live");
  await send(other, { weight: 3, remaining: 9_996 }, "heal");
  await send(one, { weight: 50, remaining: 9_946 }, "reconcile");
  const { limit, remaining, spentToday } = await other.credits();
  assert.deepEqual(
    { limit, remaining, spentToday },
    {
      limit: 10_000,
      remaining: 9_946,
      spentToday: { live: 1, heal: 3, reconcile: 50, pull: 3 },
    },
  );
});

test("before the first answer told the remainder, one request goes alone", async () => {
  const throttle = open();
  const first = hold(throttle);
  const second = hold(throttle);
  await sleep(200);
  assert.deepEqual([first.state.sent, second.state.sent], [true, false]);
  await first.end();
  await until(() => second.state.sent);
  await second.end();
});

test("nothing is sent once the remainder reaches the reserve; the refusal names the time of the next look", async () => {
  let nowMs = 1_800_000_000_000;
  const throttle = open({ clock: () => nowMs });
  await send(throttle, { remaining: 997 });
  nowMs += 1_000;
  await send(throttle, { remaining: 401 });
  for (const purpose of ["live", "pull"] as const) {
    await assert.rejects(send(throttle, {}, purpose), (error: unknown) => {
      assert.ok(error instanceof CreditsError);
      assert.equal(error.retryAfterMs, 900_000);
      assert.match(
        error.message,
        /2027-01-15T08:15:01.000Z: 401 of 1000 credits are left and 40 % are kept for other tools$/,
      );
      return true;
    });
  }
  assert.equal((await throttle.credits()).waitUntilMs, nowMs + 900_000);
});

test("at the reserve one request each quarter of an hour looks whether the day changed", async () => {
  let nowMs = 1_800_000_000_000;
  const throttle = open({ clock: () => nowMs });
  await send(throttle, { remaining: 997 });
  nowMs += 1_000;
  await send(throttle, { weight: 7, remaining: 300 }, "pull");
  nowMs += 900_000;
  const sent = await Promise.allSettled([1, 2, 3].map(() => send(throttle, { remaining: 298 }, "pull")));
  assert.equal(sent.filter(({ status }) => status === "fulfilled").length, 1);
  nowMs += 900_001;
  await send(throttle, { weight: 3, remaining: 997 }, "pull");
  const { remaining, limit, spentToday, waitUntilMs } = await throttle.credits();
  assert.deepEqual({ remaining, limit, waitUntilMs }, { remaining: 997, limit: 1_000, waitUntilMs: null });
  assert.equal(spentToday.pull, 0);
  await send(throttle);
});

test("answers that overtake each other neither raise the remainder nor make a new day", async () => {
  let nowMs = 1_800_000_000_000;
  const throttle = open({ clock: () => nowMs, dailyLimit: 1_000 });
  await send(throttle, { remaining: 990 });
  nowMs += 10;
  const [early, late] = [hold(throttle), hold(throttle)];
  await until(() => early.state.sent && late.state.sent);
  nowMs += 10;
  await late.end({ remaining: 700 });
  nowMs += 10;
  await early.end({ remaining: 980 });
  const { remaining, spentToday } = await throttle.credits();
  assert.deepEqual({ remaining, live: spentToday.live }, { remaining: 700, live: 9 });
});

test("an answer from before the day changed says nothing of the new day", async () => {
  let nowMs = 1_800_000_000_000;
  const throttle = open({ clock: () => nowMs, dailyLimit: 1_000 });
  await send(throttle, { remaining: 600 });
  nowMs += 10;
  const old = hold(throttle);
  await until(() => old.state.sent);
  nowMs += 10;
  await send(throttle, { remaining: 990 });
  nowMs += 10;
  await old.end({ remaining: 597 });
  assert.equal((await throttle.credits()).remaining, 990);
});

test("429 without Retry-After halves the limit once for all that were in flight, and gives one back a minute", async () => {
  let nowMs = 1_800_000_000_000;
  const throttle = open({ concurrency: 8, clock: () => nowMs });
  await send(throttle);
  const burst = Array.from({ length: 8 }, () => hold(throttle));
  await until(() => burst.every(({ state }) => state.sent));
  nowMs += 10;
  for (const each of burst) await each.end({ refused: "concurrency" });

  async function limit(): Promise<number> {
    const held = Array.from({ length: 9 }, () => hold(throttle));
    await sleep(150);
    const sent = held.filter(({ state }) => state.sent).length;
    await Promise.all(held.map(({ end }) => end()));
    return sent;
  }
  assert.equal(await limit(), 4);
  nowMs += 60_000;
  assert.equal(await limit(), 5);
  nowMs += 600_000;
  assert.equal(await limit(), 8);
});

test("429 without Retry-After leaves a limit of one as it is", async () => {
  let nowMs = 1_800_000_000_000;
  const throttle = open({ concurrency: 1, clock: () => nowMs });
  await send(throttle, { refused: "concurrency" });
  nowMs += 10;
  await send(throttle);
});

test("429 with Retry-After stops all but live requests until then", async () => {
  let nowMs = 1_800_000_000_000;
  const throttle = open({ clock: () => nowMs, dailyLimit: 1_000 });
  await send(throttle, { remaining: 900 });
  await send(throttle, { remaining: 900, refused: "day", retryAfterMs: 60_000 });
  for (const purpose of ["heal", "reconcile", "pull"] as const) {
    await assert.rejects(send(throttle, {}, purpose), {
      name: "CreditsError",
      code: "STOPPED",
      retryAfterMs: 60_000,
    });
  }
  await send(throttle, { remaining: 897 }, "live");
  nowMs += 60_001;
  await send(throttle, { remaining: 894 }, "pull");
});

test("used-up credits stop live requests too, and the first look comes when Retry-After is over", async () => {
  let nowMs = 1_800_000_000_000;
  const throttle = open({ clock: () => nowMs });
  await send(throttle, { remaining: 900 });
  await send(throttle, { weight: null, refused: "day", retryAfterMs: 60_000 });
  await assert.rejects(send(throttle, {}, "live"), { name: "CreditsError", retryAfterMs: 60_000 });
  nowMs += 60_001;
  await send(throttle, { remaining: 997 }, "pull");
  await send(throttle, {}, "live");
});

test("closing refuses who waits", async () => {
  const throttle = open({ concurrency: 1 });
  const first = hold(throttle);
  await until(() => first.state.sent);
  const second = hold(throttle);
  await sleep(20);
  await Promise.all([throttle.close(), assert.rejects(second.done, { name: "TransientError" })]);
  await first.end();
});
