import type { Cursor, Page } from "@deskmirror/model";
import type { Reading } from "./progress.ts";

/** Turns the planned cursors into readings that have not begun. */
export function toReadings(cursors: readonly Cursor[]): readonly Reading[] {
  return cursors.map((cursor, index) => toReading(String(index), cursor));
}

function toReading(id: string, cursor: Cursor): Reading {
  return { id, cursor, pages: 0, distinct: 0, shortfall: null };
}

/** What one page does to the readings it belongs to. */
export type Advance = (readings: readonly Reading[]) => readonly Reading[];

/** How to read and write; both are injected. */
export interface ReadAll {
  readonly readings: readonly Reading[];
  readonly readPage: (cursor: Cursor) => Promise<Page>;
  /** Commits a page together with the advance it makes. */
  readonly write: (page: Page, advance: Advance) => Promise<void>;
  /** Readings in flight at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/**
 * Reads every reading to its end, several at once; a part that a page splits off is read too. A page counts as read after `write`
 * resolved, so a crash repeats at most one page of each reading. Gives the readings as they ended; the first error ends all.
 */
export async function readAll(options: ReadAll): Promise<readonly Reading[]> {
  let readings = options.readings;
  const taken = new Set<string>();
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);

  function take(): Reading | undefined {
    const reading = readings.find(({ id, cursor }) => cursor !== null && !taken.has(id));
    if (reading !== undefined) taken.add(reading.id);
    return reading;
  }

  async function readToEnd(reading: Reading): Promise<void> {
    let at = reading;
    while (at.cursor !== null) {
      signal.throwIfAborted();
      const page = await options.readPage(at.cursor);
      const next: Reading = {
        ...at,
        cursor: page.next,
        pages: at.pages + 1,
        distinct: page.distinct,
        shortfall: page.shortfall,
      };
      const split = page.split.map((cursor, index) => toReading(`${next.id}.${next.pages}.${index}`, cursor));
      const advance: Advance = (all) => [...all.map((one) => (one.id === next.id ? next : one)), ...split];
      await options.write(page, advance);
      readings = advance(readings);
      at = next;
    }
  }

  async function work(): Promise<void> {
    try {
      for (let reading = take(); reading !== undefined; reading = take()) await readToEnd(reading);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  }

  await Promise.allSettled(Array.from({ length: options.concurrency }, work));
  signal.throwIfAborted();
  return readings;
}
