import type { DataSource, DeadLetter, DeliveryGroup, Leases, Settlement, Sink, Source } from "@deskmirror/model";
import type {
  ApplyOptions,
  DeadLetters,
  DeliveryWorker,
  DueSet,
  Gaps,
  Ledger,
  OrganizationThrottle,
  SourceRegistry,
  SubscriptionLooks,
  ThrottleLimits,
  Turns,
} from "@deskmirror/redis";
import type { Log, Time } from "@deskmirror/runtime";
import { createApply } from "./apply.ts";
import type { ObserveEvents } from "./apply.ts";
import type { Intervals } from "./due-work.ts";
import { createMarkDue } from "./due-children.ts";
import { createReadForeign } from "./foreign.ts";
import { createEventLag } from "./event-lag.ts";
import { watchGrant } from "./grant-watch.ts";
import { createLimits } from "./limits.ts";
import { createMirror } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";
import { createSilenceWatch } from "./silence.ts";
import { createSubscriptionCare } from "./subscription-care.ts";
import type { SubscriptionCare } from "./subscription-care.ts";
import { createRestores } from "./restores.ts";
import type { FieldChange } from "./field-changes.ts";
import { createShapes } from "./shapes.ts";
import type { TableContext } from "./table-context.ts";
import { createTableWriter } from "./table-writer.ts";
import { openTables, toTable } from "./open-tables.ts";

/** How the parts of a mirror are made; `main.ts` supplies the adapters. */
export interface MirrorParts {
  readonly createThrottle: (dataSource: DataSource, limits: () => ThrottleLimits) => OrganizationThrottle;
  readonly createSource: (dataSource: DataSource, throttle: OrganizationThrottle) => Source;
  readonly openSink: (url: string) => Promise<Sink>;
  /** The sink's URL is opened anew the next time. */
  readonly forgetSink: (sink: Sink) => void;
  readonly createWorker: (
    source: string,
    apply: (group: DeliveryGroup, options: ApplyOptions) => Promise<Settlement>,
  ) => DeliveryWorker;
  readonly defaultSinkUrl: string;
  readonly intervals: (dataSource: DataSource) => Intervals;
  readonly leases: Leases;
  readonly deadLetters: Pick<DeadLetters, "add" | "refusedRows">;
  readonly dueChildren: DueSet;
  /** When records may be asked for because of foreign deliveries. */
  readonly foreignTurns: Turns;
  readonly gaps: Gaps;
  readonly registry: Pick<SourceRegistry, "get" | "update" | "serviceUrl">;
  readonly ledger: Pick<Ledger, "lastReceivedMs" | "counts">;
  /** What the last looks at the subscriptions found. */
  readonly looks: SubscriptionLooks;
  readonly observe: (source: string) => ObserveSource;
  readonly time: Time;
  readonly log: Log;
}

/** Told what metrics count of a data source. */
export interface ObserveSource extends ObserveEvents {
  readonly fieldChanged: (table: string, change: FieldChange) => void;
}

/** A data source that is being kept. */
export interface OpenMirror {
  readonly mirror: Mirror;
  readonly source: Source;
  readonly sink: Sink;
  readonly throttle: OrganizationThrottle;
  readonly subscription: SubscriptionCare;
  readonly contexts: ReadonlyMap<string, TableContext>;
  /** Wanted tables that the grant does not allow, with the reason. */
  readonly disabled: ReadonlyMap<string, string>;
  /** What Zoho said when it last refused the grant; null since it answered. */
  refusal(): string | null;
  /** From event to commit, of the last event applied here, in ms; null before the first. */
  lagMs(): number | null;
  /** Whether the sink still has all tables; true while it is out of reach. */
  isIntact(): Promise<boolean>;
  /** Replaces what is known of the data source without opening anything anew. */
  refresh(dataSource: DataSource): void;
  close(): Promise<void>;
}

/** Opens everything one data source needs and starts to keep it. */
export async function openMirror(parts: MirrorParts, opened: DataSource): Promise<OpenMirror> {
  let dataSource = opened;
  const { name } = dataSource;
  const log = parts.log.child({ source: name });
  const limits = createLimits(dataSource.throttle);
  const throttle = parts.createThrottle(dataSource, limits.current);
  const { source, refusal } = watchGrant(parts.createSource(dataSource, throttle));
  const { sink, enabled, disabled } = await openTables(parts, dataSource, source);
  const addDeadLetters = (letters: readonly DeadLetter[]): Promise<void> => parts.deadLetters.add(letters);
  const observe = parts.observe(name);
  const shapes = createShapes({
    dataSource: () => dataSource,
    source,
    sink,
    streams: enabled,
    toTable: (stream) => toTable(name, stream),
    compareMs: () => parts.intervals(dataSource).compareMs,
    nowMs: parts.time.now,
    onFieldChanged: observe.fieldChanged,
    log,
  });
  await shapes.begin();
  const restores = createRestores();
  const contexts = createContexts();
  const lag = createEventLag(observe);
  const waitMs = (work: { readonly id: string; readonly size: number }) => parts.foreignTurns.waitMs(name, work);
  const readForeign = createReadForeign({ source, contexts, waitMs });
  const apply = createApply({ source, contexts, readForeign, addDeadLetters, observe: lag.observe });
  const worker = parts.createWorker(name, apply);
  const subscription = createSubscriptionCare({
    dataSource: () => dataSource,
    source,
    tables: enabled.map((stream) => stream.name),
    registry: parts.registry,
    leases: parts.leases,
    gaps: parts.gaps,
    looks: parts.looks,
    ledger: parts.ledger,
    now: parts.time.now,
    log,
  });
  const mirror = createMirror({
    name,
    dataSource: () => dataSource,
    source,
    sink,
    contexts,
    intervals: () => parts.intervals(dataSource),
    leases: parts.leases,
    dueChildren: parts.dueChildren,
    gaps: parts.gaps,
    subscription,
    silence: createSilenceWatch({
      name,
      dataSource: () => dataSource,
      gaps: parts.gaps,
      ledger: parts.ledger,
      looks: parts.looks,
      now: () => source.now(),
    }),
    restores,
    dailyCredits: async () => (await throttle.credits()).limit,
    refusedRows: () => parts.deadLetters.refusedRows(name),
    shapes,
    time: parts.time,
    log,
  });

  function createContexts(): ReadonlyMap<string, TableContext> {
    const map = new Map<string, TableContext>();
    for (const stream of enabled) {
      const markDue = createMarkDue(stream, {
        source: name,
        enabled,
        dueChildren: parts.dueChildren,
      });
      const table = toTable(name, stream);
      const onTouched = markDue !== null && { onTouched: markDue };
      const writer = createTableWriter({
        sink,
        table,
        now: () => source.now(),
        onRestored: restores.seen,
        ...onTouched,
      });
      const parent = stream.parent === null ? null : (map.get(stream.parent) ?? null);
      map.set(stream.name, { stream, source, sink, writer: shapes.watch(writer), parent, addDeadLetters, log });
    }
    return map;
  }

  const ending = new AbortController();
  const learning = limits.learn(source, { purpose: "heal", signal: ending.signal }).catch((error: unknown) => {
    log.warn({ err: error }, "the organization's edition is not known; the smallest limits hold");
  });
  const running = mirror.run(ending.signal);
  /** While a source is paused its deliveries stay in the queue. */
  function follow(): void {
    if (dataSource.paused) void worker.pause();
    else worker.resume();
  }
  follow();
  worker.start();
  return {
    mirror,
    source,
    sink,
    throttle,
    subscription,
    contexts,
    disabled,
    refusal,
    lagMs: () => lag.lagMs(),
    // What cannot be asked now is asked again; work on the tables meets the same trouble and waits.
    isIntact: () => sink.isIntact(enabled.map((stream) => toTable(name, stream))).catch(() => true),
    refresh(changed) {
      dataSource = changed;
      follow();
    },
    async close() {
      ending.abort();
      await worker.close();
      await Promise.all([running, learning]);
      await throttle.close();
    },
  };
}
