import { FencedError } from "@deskmirror/model";
import type { Lease, Leases } from "@deskmirror/model";
import type { DeliveryQueue } from "@deskmirror/redis";
import type { Log } from "@deskmirror/runtime";
import type { GapKeeper } from "../gap-keeper.ts";
import type { RedisState } from "../redis-health.ts";
import { readIndex, removeFromIndex, sharesOf } from "./index-files.ts";
import type { Share } from "./index-files.ts";
import { decodeRecords } from "./record.ts";
import { listSegments, readSegment, removeSegment, sealSegment, segmentName } from "./segments.ts";
import type { FoundSegment, Segment } from "./segments.ts";

/** What a spool is drained with. */
export interface DrainOptions {
  readonly dir: string;
  readonly leases: Leases;
  readonly queue: Pick<DeliveryQueue, "add" | "spooled" | "unspooled" | "spoolLost" | "spoolRecords">;
  readonly gaps: Pick<GapKeeper, "open">;
  readonly redisState: () => RedisState;
  readonly signal: AbortSignal;
  readonly log: Log;
}

const LEASE_MS = 15_000;

/** A process seals what it appends to as soon as Redis is well; what neither grew nor was sealed for so long has lost its writer. */
const LEFT_AFTER_MS = 5_000;

/**
 * One pass over the segments of all processes: while Redis is well their groups go into the queue, else Redis is told what they
 * hold. Ends early when Redis stops being well; rejects when it did not confirm.
 */
export async function drainSpool(options: DrainOptions): Promise<void> {
  for (const segment of await listSegments(options.dir)) {
    const state = options.redisState();
    if (state === "away" || options.signal.aborted) return;
    if (state === "well" && mayGrow(segment)) continue;
    const treat = state === "well" ? drainSegment : announceSegment;
    await withSegment(options, segment, (lease) => treat(options, segment, lease));
  }
}

function mayGrow({ open, changedMs }: FoundSegment): boolean {
  return open && Date.now() - changedMs < LEFT_AFTER_MS;
}

/** Runs with the sole right to a segment; does nothing while another process has it. */
export async function withSegment(
  { leases }: Pick<DrainOptions, "leases">,
  segment: Segment,
  run: (lease: Lease) => Promise<void>,
): Promise<void> {
  const lease = await leases.acquire(`spool:${segmentName(segment)}`, { ttlMs: LEASE_MS, keepAlive: true });
  if (lease === null) return;
  try {
    await run(lease);
  } finally {
    await lease.release();
  }
}

/** Says what a segment holds of a source. */
export async function announce({ queue }: Pick<DrainOptions, "queue">, segment: Segment, share: Share): Promise<void> {
  const { source, groups, events } = share;
  const { instance, n } = segment;
  await (groups === 0
    ? queue.unspooled(source, instance, String(n))
    : queue.spooled(source, { instance, segment: String(n), groups, events }));
}

async function announceSegment(options: DrainOptions, segment: Segment): Promise<void> {
  for (const share of await readIndex(options.dir, segment)) await announce(options, segment, share);
}

async function drainSegment(options: DrainOptions, segment: Segment, lease: Lease): Promise<void> {
  const { dir, queue, redisState, signal, log } = options;
  await sealSegment(dir, segment);
  // In this order: what the index knows was written before, and so must be read.
  const indexed = await readIndex(dir, segment);
  const bytes = await readSegment(dir, segment);
  if (bytes === null) return;
  const { groups, tornBytes } = decodeRecords(bytes);
  const shares = sharesOf(groups);
  if (tornBytes > 0) log.info({ segment: segmentName(segment), tornBytes }, "spool segment has a torn end");
  missUnread(options, segment, { indexed, read: shares });
  /** Another process may have drained it while this one was frozen; then nothing is left, whatever was read before. */
  async function tell(share: Share): Promise<void> {
    if (!(await lease.renew())) throw new FencedError(`Another process drains segment ${segmentName(segment)}`);
    await announce(options, segment, share);
  }

  const left = new Map(shares.map((share) => [share.source, share]));
  for (const share of shares) await tell(share);
  for (const group of groups) {
    if (redisState() !== "well" || signal.aborted) return;
    await queue.add(group);
    const share = left.get(group.source)!;
    const [added] = sharesOf([group]);
    const rest = { ...share, groups: share.groups - 1, events: share.events - added!.events };
    left.set(group.source, rest);
    await tell(rest);
  }
  await removeFromIndex(dir, segment);
  await removeSegment(dir, segment);
  log.info({ segment: segmentName(segment), groups: groups.length }, "spool segment drained");
}

/** A torn end was never answered 200. Groups that the index knows and that cannot be read may have been: their sources are read over. */
function missUnread(
  { gaps, log }: DrainOptions,
  segment: Segment,
  { indexed, read }: { readonly indexed: readonly Share[]; readonly read: readonly Share[] },
): void {
  for (const { source, groups } of indexed) {
    const unread = groups - (read.find((share) => share.source === source)?.groups ?? 0);
    if (unread <= 0) continue;
    log.error({ source, segment: segmentName(segment), unread }, "spool segment cannot be read whole");
    gaps.open(source, "spool lost");
  }
}
