import type { Credits, DataSource, Gap, LedgerCounts } from "@deskmirror/model";
import { tableLife } from "./due-work.ts";
import type { TableFacts } from "./due-work.ts";
import type { Mirror } from "./mirror.ts";
import { describeStretch } from "./stretch.ts";

/** The webhook as status says it. */
export interface WebhookStatus {
  readonly id: string | null;
  readonly state: "active" | "missing" | "disabled" | "unknown" | "unavailable";
  /** Why it is not active, and what to do; null when that is not known. */
  readonly message: string | null;
  readonly lastDeliveryAt: string | null;
}

/** What status is told beside what the sink holds. */
export interface StatusInputs {
  readonly dataSource: DataSource;
  readonly webhook: WebhookStatus;
  readonly credits: Credits;
  readonly gaps: readonly Gap[];
  readonly ledger: LedgerCounts;
  /** Tables that are wanted and cannot be read, with the reason. */
  readonly disabled: ReadonlyMap<string, string>;
  /** Age of the oldest unapplied event, else the last lag from event to commit; null when unknown. */
  readonly lagMs: number | null;
  /** Why the source as a whole does not work; null when it does. */
  readonly error: string | null;
}

/** What is known of a data source whether it could be opened or not. */
export interface KnownAnyway extends Pick<StatusInputs, "dataSource" | "gaps" | "ledger"> {
  readonly lastDeliveryAt: string | null;
}

/** Status of a data source that could not be opened: what is known without its sink and its grant. */
export function toClosedStatus({ dataSource, gaps, ledger, lastDeliveryAt }: KnownAnyway, error: string): object {
  const tables = (dataSource.tables ?? []).map((name) => ({ ...emptyTable(name), state: "error", message: error }));
  const webhook: WebhookStatus = { id: dataSource.webhookId, state: "unknown", message: null, lastDeliveryAt };
  const spentToday = { live: 0, heal: 0, reconcile: 0, pull: 0 };
  const { reserve } = dataSource.throttle;
  const credits = { limit: null, remaining: null, reserve, spentToday, waitUntil: null };
  const since = toTime(dataSource.createdMs);
  const { name } = dataSource;
  return { name, state: "error", since, message: error, tables, webhook, credits, gaps: gaps.map(toGap), ledger };
}

/** Status of a data source (contract section 4, status). */
export async function toStatus(mirror: Mirror, inputs: StatusInputs): Promise<object> {
  const facts = await mirror.facts();
  const tables = await Promise.all(facts.map((fact) => toTableStatus(mirror, fact, inputs)));
  const disabled = [...inputs.disabled].map(([name, message]) => ({ ...emptyTable(name), state: "disabled", message }));
  const { dataSource, credits, gaps } = inputs;
  return {
    name: dataSource.name,
    state: sourceState(
      inputs,
      tables.map(({ state }) => state),
    ),
    since: toTime(dataSource.createdMs),
    message: inputs.error ?? waiting(credits) ?? describeStretch(facts, mirror.options.intervals()),
    tables: [...tables, ...disabled],
    webhook: inputs.webhook,
    credits: {
      limit: credits.limit,
      remaining: credits.remaining,
      reserve: credits.reserve,
      spentToday: credits.spentToday,
      waitUntil: toTime(credits.waitUntilMs),
    },
    gaps: gaps.map(toGap),
    ledger: inputs.ledger,
  };
}

function toGap({ fromMs, toMs, reason, state }: Gap): object {
  return { from: toTime(fromMs), to: toTime(toMs), reason, state };
}

function waiting({ waitUntilMs }: Credits): string | null {
  if (waitUntilMs === null) return null;
  return `The day's credits have reached the reserve; requests go on at ${toTime(waitUntilMs)}. Events are applied meanwhile.`;
}

function sourceState({ dataSource, error }: StatusInputs, tables: readonly string[]): string {
  if (error !== null) return "error";
  if (dataSource.refreshToken === null) return "new";
  if (dataSource.paused) return "paused";
  if (tables.every((state) => state === "pending")) return "authorized";
  // A table that fell short is read again, one in error once its message is heeded: until then the source is not live.
  return tables.every((state) => state === "live") ? "live" : "pulling";
}

async function toTableStatus(mirror: Mirror, facts: TableFacts, inputs: StatusInputs) {
  const { stream, progress, watermarkMs, nowMs } = facts;
  const context = mirror.options.contexts.get(stream.name)!;
  const { rows, deleted, full, lastChangeMs } = await mirror.options.sink.count(context.writer.table);
  const { pull } = progress;
  const state = tableLife(facts);
  const stale = state === "incomplete" && pull?.state === "complete";
  return {
    ...emptyTable(stream.name),
    state,
    rows,
    expected: pull?.expected ?? null,
    full,
    deleted,
    lastChangeAt: toTime(lastChangeMs),
    lagMs: inputs.lagMs,
    watermark: toTime(watermarkMs),
    pull: pull && { state: pull.state, startedAt: toTime(pull.startedMs), finishedAt: toTime(pull.finishedMs) },
    message:
      progress.problem ??
      refusal(facts) ??
      holding(facts) ??
      pull?.message ??
      (stale
        ? `The last whole compare is ${Math.round((nowMs - (progress.completedMs ?? 0)) / 60_000)} minutes old.`
        : null),
  };
}

function refusal({ refusedRows, stream }: TableFacts): string | null {
  if (refusedRows === 0) return null;
  const where = `/api/dead-letters?table=${stream.name}&reason=sink`;
  return `The sink refused ${refusedRows} pulled rows: look at ${where}, then replay or discard them.`;
}

function holding({ heldRows }: TableFacts): string | null {
  if (heldRows === 0) return null;
  return `${heldRows} rows are listed no more and are held: look at GET …/deletes, then confirm or refuse.`;
}

function emptyTable(name: string) {
  return {
    name,
    rows: 0,
    expected: null,
    full: 0,
    deleted: 0,
    lastChangeAt: null,
    lagMs: null,
    watermark: null,
    pull: null,
    message: null,
  };
}

function toTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
