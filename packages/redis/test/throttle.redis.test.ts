import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CreditsError } from "@deskmirror/model";
import type { Purpose, Usage } from "@deskmirror/model";
import { connectRedis, createThrottle } from "@deskmirror/redis";
import type { OrganizationThrottle, RedisConnection, ThrottleLimits } from "@deskmirror/redis";
import { startRedis } from "@deskmirror/testing";
import type { TestRedis } from "@deskmirror/testing";

const never = new AbortController().signal;
const quiet: Usage = { weight: null, remaining: null, refused: null, retryAfterMs: null };
const MINUTE_MS = 60_000;

let redis: TestRedis;
const opened: RedisConnection[] = [];
let organizations = 0;

before(async () => {
  redis = await startRedis();
});

after(async () => {
  for (const connection of opened) await connection.close();
  await redis.stop();
});

/** A name no other test uses, also on a Redis that outlives the tests. */
function newOrganization(): string {
  return `com:${process.pid}-${(organizations += 1)}`;
}

interface Setup extends Partial<ThrottleLimits> {
  readonly organization?: string;
  readonly clock?: () => number;
}

/** A throttle with a connection of its own, as another process would have. */
async function open({ organization = newOrganization(), clock, ...limits }: Setup): Promise<OrganizationThrottle> {
  const connection = connectRedis({ url: redis.url, role: "sync" });
  opened.push(connection);
  await connection.ready();
  const settings = (): ThrottleLimits => ({ concurrency: 10, reserve: 0, dailyLimit: null, ...limits });
  return createThrottle({ connection, organization, settings, ...(clock === undefined ? {} : { clock }) });
}

/** Sends one request whose answer says this. */
function send(throttle: OrganizationThrottle, usage: Partial<Usage>, purpose: Purpose = "pull"): Promise<string> {
  return throttle.run(purpose, never, async () => ({ value: "answer", usage: { ...quiet, ...usage } }));
}

/** Starts a request that is answered when `end` is called; resolves once it was sent. */
async function hold(throttle: OrganizationThrottle, purpose: Purpose = "pull") {
  const sent = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<Partial<Usage>>();
  const done = throttle.run(purpose, never, async () => {
    sent.resolve();
    return { value: null, usage: { ...quiet, ...(await answered.promise) } };
  });
  await Promise.race([sent.promise, done]);
  return {
    async end(usage: Partial<Usage> = {}) {
      answered.resolve(usage);
      await done;
    },
  };
}

/** How many requests of a throttle are under way at once when it is offered `offered`. */
async function countAtOnce(throttle: OrganizationThrottle, offered: number): Promise<number> {
  let now = 0;
  let most = 0;
  const requests = Array.from({ length: offered }, () =>
    throttle.run("pull", never, async () => {
      most = Math.max(most, (now += 1));
      await sleep(60);
      now -= 1;
      return { value: null, usage: quiet };
    }),
  );
  await Promise.all(requests);
  return most;
}

async function refusalOf(request: Promise<unknown>): Promise<CreditsError> {
  const error = await request.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof CreditsError, `expected a CreditsError, got ${String(error)}`);
  return error;
}

test("Several connections together never have more requests under way than the limit, and reach it", async () => {
  const organization = newOrganization();
  const throttles = await Promise.all([1, 2, 3].map(() => open({ organization, concurrency: 4 })));
  let now = 0;
  let most = 0;
  const requests = throttles.flatMap((throttle) =>
    Array.from({ length: 20 }, () =>
      throttle.run("pull", never, async () => {
        most = Math.max(most, (now += 1));
        await sleep(5 + Math.random() * 10);
        now -= 1;
        return { value: null, usage: quiet };
      }),
    ),
  );
  await Promise.all(requests);
  assert.equal(most, 4);
});

test("A freed place is taken at once: requests of 30 ms over 25 places flow at more than 250 a second", async () => {
  const throttle = await open({ concurrency: 25 });
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: 800 }, () =>
      throttle.run("pull", never, async () => {
        await sleep(30);
        return { value: null, usage: { ...quiet, weight: 3, remaining: 100_000 } };
      }),
    ),
  );
  const perSecond = 800 / ((performance.now() - startedMs) / 1_000);
  assert.ok(perSecond > 250, `${perSecond.toFixed(0)} requests a second`);
});

test("The place of a killed holder returns when its time is over, not before", async () => {
  const organization = newOrganization();
  let nowMs = Date.now();
  const clock = () => nowMs;
  const killed = await open({ organization, concurrency: 1, clock });
  await hold(killed);
  await opened.at(-1)?.close();

  const other = await open({ organization, concurrency: 1, clock });
  nowMs += 31_000;
  const request = send(other, {});
  assert.equal(await Promise.race([request, sleep(1_200, "waits")]), "waits");
  nowMs += 15_000;
  assert.equal(await request, "answer");
});

test("The most urgent waits least, also across processes", async () => {
  const organization = newOrganization();
  const first = await open({ organization, concurrency: 1 });
  const second = await open({ organization, concurrency: 1 });
  const held = await hold(first);
  const order: Purpose[] = [];
  const ask = (throttle: OrganizationThrottle, purpose: Purpose) =>
    throttle.run(purpose, never, async () => {
      order.push(purpose);
      return { value: null, usage: quiet };
    });
  const requests = [ask(first, "pull"), ask(second, "reconcile"), ask(first, "heal"), ask(second, "live")];
  await sleep(200);
  await held.end();
  await Promise.all(requests);
  assert.deepEqual(order, ["live", "heal", "reconcile", "pull"]);
});

test("A waiting request that is aborted rejects at once and takes no place", async () => {
  const throttle = await open({ concurrency: 1 });
  const held = await hold(throttle);
  const leaving = new AbortController();
  const request = throttle.run("live", leaving.signal, async () => assert.fail("was sent"));
  await sleep(50);
  leaving.abort(new Error("no longer wanted"));
  await assert.rejects(request, /no longer wanted/);
  await held.end();
  assert.equal(await send(throttle, {}), "answer");
});

test("A request that fails gives its place back and throws what it threw", async () => {
  const throttle = await open({ concurrency: 1 });
  const failing = throttle.run("pull", never, () => Promise.reject(new Error("connection reset")));
  await assert.rejects(failing, /connection reset/);
  assert.equal(await Promise.race([send(throttle, {}), sleep(1_000, "no place")]), "answer");
});

test("Too many at once halves the limit, once for all that were under way, and adds one a minute", async () => {
  let nowMs = Date.now();
  const throttle = await open({ concurrency: 8, clock: () => nowMs });
  assert.equal(await countAtOnce(throttle, 16), 8);
  const held = await Promise.all(Array.from({ length: 8 }, () => hold(throttle)));
  nowMs += 10;
  for (const each of held) await each.end({ refused: "concurrency" });
  assert.equal(await countAtOnce(throttle, 16), 4);
  nowMs += 2 * MINUTE_MS + 10;
  assert.equal(await countAtOnce(throttle, 16), 6);
  nowMs += 10 * MINUTE_MS;
  assert.equal(await countAtOnce(throttle, 16), 8);
});

test("Under a limit of one, too many at once still leaves one", async () => {
  let nowMs = Date.now();
  const throttle = await open({ concurrency: 1, clock: () => nowMs });
  await send(throttle, { refused: "concurrency" });
  nowMs += 10;
  assert.equal(await countAtOnce(throttle, 3), 1);
});

test("A refusal with a time stops all but live until then", async () => {
  let nowMs = Date.now();
  const throttle = await open({ dailyLimit: 10_000, clock: () => nowMs });
  await send(throttle, { weight: 3, remaining: 9_000, refused: "day", retryAfterMs: 20 * MINUTE_MS });
  const { retryAfterMs } = await refusalOf(send(throttle, {}, "heal"));
  assert.equal(retryAfterMs, 20 * MINUTE_MS);
  assert.equal(await send(throttle, {}, "live"), "answer");
  assert.equal((await throttle.credits()).waitUntilMs, nowMs + 20 * MINUTE_MS);
  nowMs += 20 * MINUTE_MS + 1;
  assert.equal(await send(throttle, {}, "pull"), "answer");
});

test("Nothing is sent within the reserve but one probe each 15 minutes, and a higher remainder opens the day", async () => {
  let nowMs = Date.now();
  const throttle = await open({ reserve: 0.4, dailyLimit: 10_000, clock: () => nowMs });
  await send(throttle, { weight: 3, remaining: 4_000 });
  const refusal = await refusalOf(send(throttle, {}, "live"));
  assert.equal(refusal.retryAfterMs, 15 * MINUTE_MS);
  assert.ok(refusal.message.includes(new Date(nowMs + 15 * MINUTE_MS).toISOString()), refusal.message);
  assert.equal((await throttle.credits()).waitUntilMs, nowMs + 15 * MINUTE_MS);

  nowMs += 15 * MINUTE_MS + 1;
  assert.equal(await send(throttle, { weight: 3, remaining: 3_990 }, "heal"), "answer");
  await refusalOf(send(throttle, {}, "live"));
  assert.equal((await throttle.credits()).spentToday.heal, 3);

  nowMs += 15 * MINUTE_MS + 1;
  assert.equal(await send(throttle, { weight: 3, remaining: 9_997 }), "answer");
  assert.equal(await send(throttle, { weight: 3, remaining: 9_994 }, "live"), "answer");
  const credits = await throttle.credits();
  assert.equal(credits.remaining, 9_994);
  assert.equal(credits.waitUntilMs, null);
  assert.equal(credits.spentToday.heal, 0);
});

test("Requests under way count with what they may cost, so that together they do not reach into the reserve", async () => {
  let remaining = 4_030;
  const throttle = await open({ concurrency: 25, reserve: 0.4, dailyLimit: 10_000 });
  const spend = () =>
    throttle.run("pull", never, async () => {
      await sleep(10);
      remaining -= 3;
      return { value: null, usage: { ...quiet, weight: 3, remaining } };
    });
  await spend();
  await Promise.allSettled(Array.from({ length: 60 }, spend));
  assert.ok(remaining >= 4_000 - 2, `${remaining} are left`);
  assert.ok(remaining <= 4_003, `${remaining} are left`);
});

test("Without a known limit the reserve is a share of the most that was seen today", async () => {
  const throttle = await open({ reserve: 0.5, dailyLimit: null });
  await send(throttle, { weight: 1, remaining: 999 });
  await send(throttle, { weight: 1, remaining: 998 });
  const { limit, remaining, spentToday } = await throttle.credits();
  assert.ok(limit !== null && limit >= 999 && limit <= 1_000, `limit ${limit}`);
  assert.equal(remaining, 998);
  assert.deepEqual(spentToday, { live: 0, heal: 0, reconcile: 0, pull: 2 });
  await send(throttle, { weight: 1, remaining: 499 });
  await refusalOf(send(throttle, {}));
});

test("Answers that overtake each other are no new day", async () => {
  const throttle = await open({ dailyLimit: 10_000 });
  await send(throttle, { weight: 100, remaining: 9_900 });
  const early = await hold(throttle);
  const late = await hold(throttle);
  await late.end({ weight: 100, remaining: 7_000 });
  await early.end({ weight: 100, remaining: 9_800 });
  const { remaining, spentToday } = await throttle.credits();
  assert.equal(remaining, 7_000);
  assert.equal(spentToday.pull, 300);
});
