import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A filesystem that can be filled up. */
export interface SmallDisk extends AsyncDisposable {
  readonly dir: string;
  /** Resolves when all that is free is taken; whatever others give back is taken too until `free` is called. */
  fill(): Promise<void>;
  /** Gives it back; how many bytes that was. */
  free(): Promise<number>;
}

/** How often room that others gave back is taken. */
const REFILL_MS = 20;
const CHUNK = Buffer.alloc(1_048_576);
const PAGE_BYTES = 4_096;

/**
 * A filesystem in memory of its own for PostgreSQL's data. To mount one takes root on Linux: elsewhere it is an ordinary folder, and `fill`
 * throws and says so.
 */
export function openSmallDisk(megabytes: number): SmallDisk {
  const dir = mkdtempSync(join(tmpdir(), "deskmirror-small-disk-"));
  const problem = mount(dir, megabytes);
  // PostgreSQL may run as another user.
  chmodSync(dir, 0o755);
  const ballast = join(dir, "ballast");
  let filling: Filling | null = null;

  async function free(): Promise<number> {
    const bytes = (await filling?.end()) ?? 0;
    filling = null;
    rmSync(ballast, { force: true });
    return bytes;
  }

  return {
    dir,
    async fill() {
      if (problem !== null) throw problem;
      filling = await fillUp(ballast);
    },
    free,
    async [Symbol.asyncDispose]() {
      await free();
      if (problem === null) execFileSync("umount", [dir], { stdio: "pipe" });
      rmSync(dir, { recursive: true });
    },
  };
}

interface Filling {
  /** Ends it; gives how many bytes were taken. */
  end(): Promise<number>;
}

/** Whoever else writes there frees pages and takes them: each look takes what there is, to the last page. */
async function fillUp(file: string): Promise<Filling> {
  const over = new AbortController();
  const handle = await open(file, "w");
  let bytes = await takeAll(handle);

  async function keepFull(): Promise<void> {
    while (!over.signal.aborted) {
      await sleep(REFILL_MS);
      bytes += await takeAll(handle);
    }
  }

  const filling = keepFull();
  return {
    async end() {
      over.abort();
      await filling;
      await handle.close();
      return bytes;
    },
  };
}

async function takeAll(handle: FileHandle): Promise<number> {
  let bytes = 0;
  for (let size = CHUNK.length; size >= PAGE_BYTES;) {
    const written = await tryWrite(handle, size);
    bytes += written;
    if (written < size) size /= 2;
  }
  return bytes;
}

/** How much of so many bytes found room. */
async function tryWrite(handle: FileHandle, size: number): Promise<number> {
  try {
    return (await handle.write(CHUNK, 0, size)).bytesWritten;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return 0;
    throw error;
  }
}

function mount(dir: string, megabytes: number): Error | null {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "deskmirror", dir], { stdio: "pipe" });
    return null;
  } catch (cause) {
    return new Error("A full disk needs a small one, and it cannot be mounted here: run this as root on Linux", {
      cause,
    });
  }
}
