import { access, constants, open, readFile, readdir, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, toError } from "@deskmirror/model";
import type { DeliveryGroup } from "@deskmirror/model";
import { makeFolder, segmentName, unlessMissing } from "./segments.ts";
import type { Segment } from "./segments.ts";

/** How much of a source a segment holds. */
export interface Share {
  readonly source: string;
  readonly groups: number;
  readonly events: number;
}

const folder = (dir: string) => join(dir, "index");
const file = (dir: string, segment: Segment) => join(folder(dir), segmentName(segment));

/** Makes the spool's folder and that of its index. ConfigError when nothing can be written there. */
export async function prepareSpool(dir: string): Promise<void> {
  await makeFolder(folder(dir)).catch(refuseFolder);
  await assertWritable(dir);
}

/** ConfigError when the spool's folders are not there or nothing can be written to them. */
export async function assertWritable(dir: string): Promise<void> {
  for (const path of [dir, folder(dir)]) await access(path, constants.W_OK).catch(refuseFolder);
}

function refuseFolder(cause: unknown): never {
  throw new ConfigError(`SPOOL_DIR cannot be written to (${toError(cause).message}): name another folder`, { cause });
}

/**
 * Opens a segment's part of the index, `<dir>/index/<instance>.<n>`, before the segment itself is there. It stays open as long as
 * the segment, so that what its writer still notes after a drain goes the way of the removed file and does not bring it back.
 */
export async function openIndex(dir: string, segment: Segment): Promise<FileHandle> {
  await makeFolder(folder(dir));
  return open(file(dir, segment), "a");
}

/** Notes a group that a segment holds, so that a segment that vanished is missed. */
export async function addToIndex(index: FileHandle, group: DeliveryGroup): Promise<void> {
  const [share] = sharesOf([group]);
  await index.appendFile(`${group.source} ${share!.events}\n`);
}

/** What the index knows of a segment; empty when it knows nothing. */
export async function readIndex(dir: string, segment: Segment): Promise<readonly Share[]> {
  const text = (await readFile(file(dir, segment), "utf8").catch(unlessMissing)) ?? "";
  return sum([...text.matchAll(/^(\S+) (\d+)\n/gm)].map((line) => [line[1]!, Number(line[2])]));
}

/** The segments the index knows. */
export async function indexedSegments(dir: string): Promise<readonly Segment[]> {
  return (await readdir(folder(dir))).flatMap((name) => {
    const dot = name.lastIndexOf(".");
    return [{ instance: name.slice(0, dot), n: Number(name.slice(dot + 1)) }];
  });
}

/** Forgets a segment. */
export async function removeFromIndex(dir: string, segment: Segment): Promise<void> {
  await rm(file(dir, segment), { force: true });
}

/** How much of each source some groups hold. */
export function sharesOf(groups: readonly DeliveryGroup[]): readonly Share[] {
  return sum(
    groups.map(({ source, deliveries }) => [source, deliveries.reduce((total, { events }) => total + events, 0)]),
  );
}

function sum(groups: readonly (readonly [source: string, events: number])[]): readonly Share[] {
  const shares = new Map<string, Share>();
  for (const [source, events] of groups) {
    const share = shares.get(source) ?? { source, groups: 0, events: 0 };
    shares.set(source, { source, groups: share.groups + 1, events: share.events + events });
  }
  return [...shares.values()];
}
