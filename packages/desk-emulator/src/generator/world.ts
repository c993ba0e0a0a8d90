import { isoTime, type Row } from "../json.ts";
import type { Random } from "../random.ts";
import { idOf, type State } from "../store/state.ts";
import type { Store } from "../store/store.ts";
import type { StoredTable } from "../tables/names.ts";
import type { Crowd } from "./crowds.ts";
import type { CustomField } from "./custom-fields.ts";

/** What to generate. */
export interface GeneratorOptions {
  readonly store: Store;
  readonly seed: number;
  readonly tickets: number;
  readonly departments: number;
  readonly orgId: string;
  readonly edition: string;
  /** The clock when the emulator starts; records spread over the two years before. */
  readonly endMs: number;
  readonly crowds: readonly Crowd[];
  readonly customFields: readonly CustomField[];
}

/** What all parts of the generator share. */
export interface World extends GeneratorOptions {
  readonly random: Random;
  /** Start of the organization, two years before `endMs`. */
  readonly startMs: number;
  readonly ids: Record<StoredTable, string[]>;
  nextSeq(): number;
}

/** What a generated record may say beyond its data. */
export interface Birth {
  readonly id?: string;
  readonly parentId?: string | null;
  readonly createdMs?: number;
  readonly modifiedMs?: number;
  readonly trashed?: State["trashed"];
  readonly archived?: boolean;
}

/** Puts one generated record into the store and remembers its id. */
export function add(world: World, table: StoredTable, data: Row, birth: Birth = {}): State {
  const seq = world.nextSeq();
  const state: State = {
    table,
    id: birth.id ?? idOf(seq),
    seq,
    parentId: birth.parentId ?? null,
    createdMs: birth.createdMs ?? world.startMs,
    modifiedMs: birth.modifiedMs ?? birth.createdMs ?? world.startMs,
    trashed: birth.trashed ?? null,
    archived: birth.archived ?? false,
    data,
  };
  world.store.load(state);
  world.ids[table].push(state.id);
  return state;
}

/** Created and modified times of record `index` of `count`: ascending, in whole seconds, with ties. */
export function times(world: World, index: number, count: number): { createdMs: number; modifiedMs: number } {
  const { random, startMs, endMs } = world;
  const createdMs = wholeSeconds(startMs + ((index + random.next()) / count) * (endMs - startMs - 60_000));
  return { createdMs, modifiedMs: later(world, createdMs) };
}

/** A moment between `ms` and the end of the generated time, mostly soon after. */
export function later({ random, endMs }: World, ms: number): number {
  return random.chance(0.3) ? ms : wholeSeconds(ms + random.next() ** 6 * (endMs - 60_000 - ms));
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

/** In one of `every` cases: trashed within the last 50 days. */
export function perhapsTrashed(world: World, modifiedMs: number, probability: number): State["trashed"] {
  const { random, endMs } = world;
  if (!random.chance(probability)) return null;
  const at = Math.max(modifiedMs, endMs - random.int(50 * 86_400) * 1000 - 60_000);
  return { at, by: random.pick(world.ids.agents) };
}

/** A date such as `2026-03-01`. */
export function dateOf(ms: number): string {
  return isoTime(ms).slice(0, 10);
}
