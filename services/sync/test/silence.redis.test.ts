import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gap } from "@deskmirror/model";
import { createLog } from "@deskmirror/runtime";
import type { TableFacts } from "../src/mirror/due-work.ts";
import { createRestores } from "../src/mirror/restores.ts";
import { createRounds } from "../src/mirror/rounds.ts";
import { createSilenceWatch } from "../src/mirror/silence.ts";
import { toProgress } from "../src/mirror/table-context.ts";
import { createTableWork } from "../src/mirror/table-work.ts";
import { heal } from "./support/stage.ts";
import { createSubscribedStage, prepareSubscribedStages } from "./support/subscribed-stage.ts";
import type { SubscribedStage } from "./support/subscribed-stage.ts";

prepareSubscribedStages();

const MINUTE_MS = 60_000;
const intervals = { reconcileMs: 14 * MINUTE_MS, compareMs: 1e9, sweepMs: 1e9 };

interface Scene extends SubscribedStage {
  /** A quarter of an hour later, the round that is due then. */
  round(): Promise<void>;
  /** Lets a part of that quarter of an hour go by. */
  pass(minutes: number): Promise<void>;
  /** Changes a ticket without a word, so many minutes before the next round. */
  change(minutesBefore?: number): Promise<void>;
  /** Gaps, open and closed, by reason. */
  reasons(): Promise<readonly string[]>;
  gap(): Promise<Gap | undefined>;
  /** How often somebody called for a look at the webhook. */
  readonly looked: { times: number };
}

/** A desk whose webhook is registered, whose tables are pulled, and whose first rounds are over. */
async function createScene({ isRegistered = true } = {}): Promise<Scene> {
  const stage = await createSubscribedStage(["tickets", "contacts"]);
  const { desk, source, contexts, sink, leases } = stage.stage;
  const { name, gaps, ledger, looks } = stage;
  if (isRegistered) await stage.register();
  // Nothing is heard of what changes: somebody's firewall.
  desk.webhookControls.set({ dropRate: 1 });
  const log = createLog({ service: "sync", level: "silent" });
  const looked = { times: 0 };
  let dataSource = await stage.current();
  const facts = async (): Promise<readonly TableFacts[]> => {
    dataSource = await stage.current();
    const states = await sink.states("acme");
    const nowMs = source.now();
    return [...contexts.values()].map(({ stream }) => {
      const state = states.get(stream.name);
      const { watermarkMs = null } = state ?? {};
      const rest = { asked: 1, refusedRows: 0, heldRows: 0, nowMs, intervals };
      return { stream, progress: toProgress(state), watermarkMs, ...rest };
    });
  };
  const silence = createSilenceWatch({
    name,
    dataSource: () => dataSource,
    gaps,
    ledger,
    looks,
    now: () => source.now(),
  });
  const work = createTableWork({ leases, log, now: Date.now });
  const onSilence = async (): Promise<void> => void (looked.times += 1);
  const rounds = createRounds({
    name,
    source,
    contexts,
    facts,
    work,
    gaps,
    silence,
    restores: createRestores(),
    onSilence,
    now: Date.now,
    log,
  });
  const later = async (minutes: number): Promise<void> => {
    desk.clock.advance(minutes * MINUTE_MS);
    await source.organization(heal);
  };
  let ahead = 15;
  const scene: Scene = {
    ...stage,
    looked,
    async round() {
      await later(ahead);
      ahead = 15;
      await rounds.runDue(heal.signal);
    },
    async pass(minutes) {
      await later(minutes);
      ahead -= minutes;
    },
    async change(minutesBefore = 10) {
      await scene.pass(ahead - minutesBefore);
      const [ticket] = [...desk.store.records("tickets")].filter(({ deleted, archived }) => !deleted && !archived);
      desk.store.update("tickets", ticket!.key, { subject: `changed at ${desk.clock.now()}` });
    },
    reasons: async () => (await gaps.list(name)).map(({ reason, state }) => `${reason} ${state}`),
    gap: async () => (await gaps.list(name)).at(0),
  };
  await later(20);
  await stage.stage.pull("tickets", "contacts");
  await scene.round();
  await scene.round();
  return scene;
}

test("a change that no event told of, while nothing is delivered, is silence: a closed gap and a look at the webhook", async () => {
  await using scene = await createScene();
  await scene.round();
  assert.deepEqual([await scene.reasons(), scene.looked.times], [[], 0], "that nothing changed is no silence");
  await scene.change();
  await scene.round();
  assert.deepEqual([await scene.reasons(), scene.looked.times], [["silence closed"], 1]);
  assert.equal((await scene.stage.verify("tickets")).equal, true);
  await scene.round();
  assert.deepEqual([await scene.reasons(), scene.looked.times], [["silence closed"], 1]);
});

test("a delivery since the round before is evidence that the webhook lives, whatever one round found", async () => {
  await using scene = await createScene();
  await scene.change();
  await scene.deliver(Date.now());
  await scene.round();
  assert.deepEqual([await scene.reasons(), scene.looked.times], [[], 0]);
});

test("a change so young that its event may be on its way is no silence, and is one by the next round if nothing came", async () => {
  await using scene = await createScene();
  await scene.change(1);
  await scene.round();
  assert.deepEqual(await scene.reasons(), []);
  await scene.round();
  assert.deepEqual([await scene.reasons(), scene.looked.times], [["silence closed"], 1]);
});

test("a young change whose event came after the round is none", async () => {
  await using scene = await createScene();
  await scene.change(1);
  await scene.round();
  await scene.deliver(Date.now());
  await scene.round();
  assert.deepEqual(await scene.reasons(), []);
});

test("what is delivered and waits in the queue is no silence", async () => {
  await using scene = await createScene();
  const settle = await scene.accept(Date.now());
  await scene.round();
  await scene.change();
  await scene.round();
  assert.deepEqual(await scene.reasons(), []);
  await settle();
});

test("where no webhook is and never was, nothing is expected", async () => {
  await using scene = await createScene({ isRegistered: false });
  await scene.change();
  await scene.round();
  assert.deepEqual(await scene.reasons(), []);
});

test("where a webhook made by hand delivered lately, silence is told of too", async () => {
  await using scene = await createScene({ isRegistered: false });
  await scene.deliver(Date.now());
  await scene.round();
  await scene.change();
  await scene.round();
  assert.deepEqual(await scene.reasons(), ["silence closed"]);
});

test("what changed before the webhook was registered, it need not have told", async () => {
  await using scene = await createScene({ isRegistered: false });
  await scene.change();
  await scene.pass(1);
  await scene.register();
  await scene.round();
  assert.deepEqual(await scene.reasons(), []);
});

test("a known gap explains why nothing came", async () => {
  await using scene = await createScene();
  await scene.change();
  await scene.gaps.open(scene.name, "ingest down", Date.now());
  await scene.round();
  assert.deepEqual([await scene.reasons(), scene.looked.times], [["ingest down closed"], 0]);
});
