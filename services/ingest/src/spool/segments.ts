import { mkdir, open, readFile, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";

/** One file of the spool: `<dir>/<instance>/<n>`, with `.open` behind its name while it may still grow. */
export interface Segment {
  /** The process that wrote it. */
  readonly instance: string;
  readonly n: number;
}

/** A segment as found on disk. */
export interface FoundSegment extends Segment {
  readonly bytes: number;
  readonly open: boolean;
  /** When it last grew. */
  readonly changedMs: number;
}

/** Names a segment in a lease or a file. */
export function segmentName(segment: Segment): string {
  return `${segment.instance}.${segment.n}`;
}

const sealedPath = (dir: string, { instance, n }: Segment) => join(dir, instance, String(n));
const openPath = (dir: string, segment: Segment) => `${sealedPath(dir, segment)}.open`;

/** Creates a segment to append to; its name survives a loss of power. */
export async function createSegment(dir: string, segment: Segment): Promise<FileHandle> {
  const folder = join(dir, segment.instance);
  const openNew = () => open(openPath(dir, segment), "ax");
  // Whoever drains the last segment of a folder removes the folder too, even one that was there a moment ago.
  const handle = await openNew().catch(async (error: unknown) => {
    unlessMissing(error);
    await makeFolder(folder);
    return openNew();
  });
  for (const path of [folder, dir]) await syncFolder(path);
  return handle;
}

/** Whether a segment still may grow: nobody has sealed it. */
export async function isOpen(dir: string, segment: Segment): Promise<boolean> {
  return (await stat(openPath(dir, segment)).catch(unlessMissing)) !== undefined;
}

/** Whether a segment is there, growing or sealed. */
export async function exists(dir: string, segment: Segment): Promise<boolean> {
  return (await isOpen(dir, segment)) || (await stat(sealedPath(dir, segment)).catch(unlessMissing)) !== undefined;
}

/** Ends a segment's growth: what its writer stores after this it must store again elsewhere. Anybody may; twice is once. */
export function sealSegment(dir: string, segment: Segment): Promise<void> {
  return rename(openPath(dir, segment), sealedPath(dir, segment)).catch(unlessMissing);
}

/** The bytes of a sealed segment; null when another process has drained it. */
export function readSegment(dir: string, segment: Segment): Promise<Buffer | null> {
  return readFile(sealedPath(dir, segment)).catch((error: unknown) => unlessMissing(error) ?? null);
}

/** Removes a sealed segment, and its folder with the last one. */
export async function removeSegment(dir: string, segment: Segment): Promise<void> {
  await rm(sealedPath(dir, segment), { force: true });
  await rmdir(join(dir, segment.instance)).catch(() => {});
}

/** Every segment of every process, oldest first within each. */
export async function listSegments(dir: string): Promise<readonly FoundSegment[]> {
  const found: FoundSegment[] = [];
  const folders = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  for (const { name: instance } of folders) {
    for (const name of (await readdir(join(dir, instance)).catch(unlessMissing)) ?? []) {
      const match = /^(\d+)(\.open)?$/.exec(name);
      const file = match === null ? undefined : await stat(join(dir, instance, name)).catch(unlessMissing);
      if (file === undefined) continue; // drained by another process since
      const { size: bytes, mtimeMs: changedMs } = file;
      found.push({ instance, n: Number(match![1]), bytes, open: match![2] !== undefined, changedMs });
    }
  }
  return found.toSorted((left, right) => left.n - right.n);
}

/** Like `mkdir -p`. Node's own tries for ever where the system says ENOENT of a folder in one that is there, as in /proc. */
export async function makeFolder(path: string): Promise<void> {
  if ((await stat(path).catch(unlessMissing)) !== undefined) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  await mkdir(path).catch(unlessCode("EEXIST")); // made by another process meanwhile
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** For a `catch`: what is not there is undefined; every other error goes on. */
export const unlessMissing = unlessCode("ENOENT");

function unlessCode(code: string): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof Error && "code" in error && error.code === code)) throw error;
  };
}
