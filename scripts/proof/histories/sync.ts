import { createLog } from "@deskmirror/runtime";
import type { Sink } from "@deskmirror/model";
import { openMirror } from "@deskmirror/sync/open-mirror";
import type { MirrorParts, OpenMirror } from "@deskmirror/sync/open-mirror";
import { createZohoDesk } from "@deskmirror/zoho-desk";
import type { Transport } from "@deskmirror/zoho-desk";
import type { Ports } from "./forms.ts";
import type { Life } from "./life.ts";
import type { HistoryRegistry } from "./registry.ts";
import type { Random } from "./random.ts";
import type { Traffic } from "./traffic.ts";

/** What a run of sync begins with. */
export interface SyncOptions {
  readonly life: Life;
  readonly ports: Ports;
  /** Puts before the sink whatever watches or breaks it. */
  readonly dressSink: (sink: Sink) => Sink;
  readonly traffic: Traffic;
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

const REOPEN_MS = 1_000;

const log = createLog({ service: "sync", level: "silent" });

/** Starts sync as `main.ts` does, every port of it mortal. */
export function startSync({ life, ports, random, registry, traffic, ...options }: SyncOptions): SyncRun {
  const { time } = life;
  const leases = life.guard(ports.leases);
  const parts: MirrorParts = {
    createThrottle: (dataSource, limits) => life.guard(ports.createThrottle(dataSource, limits)),
    createSource: (source, throttle) =>
      createZohoDesk({
        source,
        tokens: life.guard(ports.tokens),
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
    openSink: async () => life.guard(options.dressSink(await ports.openSink())),
    forgetSink() {},
    createWorker: (source, apply) => ports.createWorker({ source, apply: traffic.watchApply(life.guard(apply)) }),
    defaultSinkUrl: "memory:",
    intervals: () => options.intervals,
    leases,
    deadLetters: life.guard(ports.deadLetters),
    dueChildren: life.guard(ports.dueChildren),
    foreignTurns: life.guard(ports.turns),
    gaps: life.guard(ports.gaps),
    registry: life.guard(registry.port),
    ledger: life.guard(ports.ledger),
    looks: life.guard(ports.looks),
    observe: () => ({ event() {}, lackedDetail() {}, signature() {}, fieldChanged() {} }),
    time,
    log,
  };
  const run: SyncRun = { life, mirror: null };
  void open();
  return run;

  /** What it needs may be away when it starts. */
  async function open(): Promise<void> {
    while (run.mirror === null) {
      run.mirror = await openMirror(parts, registry.current()).catch(() => null);
      if (run.mirror === null) await time.sleep(REOPEN_MS);
    }
  }
}
