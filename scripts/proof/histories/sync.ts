import { createLog } from "@deskmirror/runtime";
import type { Sink } from "@deskmirror/model";
import { openMirror } from "@deskmirror/sync/open-mirror";
import type { MirrorParts, OpenMirror } from "@deskmirror/sync/open-mirror";
import { createMemoryThrottle } from "@deskmirror/testing";
import { createZohoDesk } from "@deskmirror/zoho-desk";
import type { Transport } from "@deskmirror/zoho-desk";
import type { Durable } from "./durable.ts";
import type { Life } from "./life.ts";
import type { HistoryRegistry } from "./registry.ts";
import type { Random } from "./random.ts";

/** What a run of sync begins with. */
export interface SyncOptions {
  readonly life: Life;
  readonly durable: Durable;
  /** The sink as this process sees it. */
  readonly sink: Sink;
  readonly transport: Transport;
  readonly random: Random;
  readonly registry: HistoryRegistry;
  readonly intervals: ReturnType<MirrorParts["intervals"]>;
}

/** A run of sync; its mirror is null until it is open. */
export interface SyncRun {
  readonly life: Life;
  mirror: OpenMirror | null;
}

const log = createLog({ service: "sync", level: "silent" });

/** Starts sync as `main.ts` does, every port of it mortal. */
export function startSync({ life, durable, random, registry, ...options }: SyncOptions): SyncRun {
  const { time } = life;
  const leases = life.guard(durable.leasesOf(time));
  const parts: MirrorParts = {
    createThrottle: () => ({
      ...createMemoryThrottle(),
      credits: async () => ({
        limit: null,
        remaining: null,
        reserve: 0,
        spentToday: { live: 0, heal: 0, reconcile: 0, pull: 0 },
        waitUntilMs: null,
      }),
      close: async () => {},
    }),
    createSource: (source, throttle) =>
      createZohoDesk({
        source,
        tokens: life.guard(durable.tokens),
        leases,
        throttle,
        world: {
          transport: life.guard(options.transport),
          now: time.now,
          monotonicMs: time.now,
          sleep: time.sleep,
          random: () => random.next(),
        },
      }),
    openSink: async () => life.guard(options.sink),
    forgetSink() {},
    createWorker: (_source, apply) => durable.createWorker({ apply: life.guard(apply), time }),
    defaultSinkUrl: "memory:",
    intervals: () => options.intervals,
    leases,
    deadLetters: life.guard(durable.deadLetters),
    dueChildren: life.guard(durable.dueChildren),
    foreignTurns: life.guard(durable.turns),
    gaps: life.guard(durable.gaps),
    registry: life.guard(registry.port),
    ledger: life.guard(durable.ledger),
    looks: life.guard(durable.looks),
    observe: () => ({ event() {}, lackedDetail() {}, signature() {}, fieldChanged() {} }),
    time,
    log,
  };
  const run: SyncRun = { life, mirror: null };
  void openMirror(parts, registry.current()).then((mirror) => (run.mirror = mirror));
  return run;
}
