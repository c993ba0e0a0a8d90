import type { Leases, TableState } from "@deskmirror/model";
import type { TableContext } from "./table-context.ts";
import type { TableSession } from "./table-writer.ts";

const TTL_MS = 15_000;

/** What leases are taken for and by whom. */
export interface LeaseOptions {
  readonly leases: Leases;
  readonly name: string;
  readonly signal: AbortSignal;
}

/** Runs something under a lease that is kept alive; false when somebody else holds it. The signal also ends when the lease is lost. */
export async function withLease(
  { leases, name, signal }: LeaseOptions,
  run: (held: { readonly epoch: number; readonly signal: AbortSignal }) => Promise<void>,
): Promise<boolean> {
  const lease = await leases.acquire(name, { ttlMs: TTL_MS, keepAlive: true });
  if (lease === null) return false;
  try {
    await run({ epoch: lease.epoch, signal: AbortSignal.any([signal, lease.signal]) });
  } finally {
    await lease.release();
  }
  return true;
}

/** Runs something on a table that nobody else may advance meanwhile; false when somebody else does. */
export function withTableLease(
  context: TableContext,
  { leases, signal }: Pick<LeaseOptions, "leases" | "signal">,
  run: (session: TableSession, signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const { source, stream } = context.writer.table;
  return withLease({ leases, name: `${source}:table:${stream}`, signal }, async (held) => {
    const state: TableState | undefined = (await context.sink.states(source)).get(stream);
    const session = { state: { watermarkMs: null, progress: {}, ...state, epoch: held.epoch } };
    await run(session, held.signal);
  });
}
