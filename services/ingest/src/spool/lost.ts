import type { DrainOptions } from "./drain.ts";
import { announce, withSegment } from "./drain.ts";
import { indexedSegments, readIndex, removeFromIndex } from "./index-files.ts";
import { exists, segmentName } from "./segments.ts";
import type { Segment } from "./segments.ts";

/**
 * Finds segments that vanished before they were drained: their events become unaccounted, and a gap makes up for them.
 * Rejects when Redis did not confirm.
 */
export async function findLostSegments(options: DrainOptions & { readonly sources: readonly string[] }): Promise<void> {
  const { dir, queue, sources, gaps, log } = options;
  const known = new Map<string, Segment>();
  for (const segment of await indexedSegments(dir)) known.set(segmentName(segment), segment);
  for (const source of sources) {
    for (const { instance, segment } of await queue.spoolRecords(source)) {
      known.set(`${instance}.${segment}`, { instance, n: Number(segment) });
    }
  }
  for (const segment of known.values()) {
    if (!(await exists(dir, segment))) await withSegment(options, segment, () => lose(segment));
  }

  async function lose(segment: Segment): Promise<void> {
    // Nobody drains it now; what was drained until now is in neither the index nor Redis any more.
    if (await exists(dir, segment)) return;
    for (const share of await readIndex(dir, segment)) await announce(options, segment, share);
    for (const source of sources) {
      const records = await queue.spoolRecords(source);
      const lost = records.find((each) => each.instance === segment.instance && each.segment === String(segment.n));
      if (lost === undefined) continue;
      log.error({ source, segment: segmentName(segment), events: lost.events }, "spool segment vanished undrained");
      await queue.spoolLost(source, segment.instance, String(segment.n));
      gaps.open(source, "spool lost");
    }
    await removeFromIndex(dir, segment);
  }
}
