import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A filesystem that can be filled up. */
export interface SmallDisk extends Disposable {
  readonly dir: string;
  /** Takes all that is free; gives how many bytes that was. */
  fill(): number;
  /** Gives it back. */
  free(): void;
}

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
  return {
    dir,
    fill() {
      if (problem !== null) throw problem;
      const { bavail, bsize } = statfsSync(dir);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize));
      return bavail * bsize;
    },
    free: () => rmSync(ballast),
    [Symbol.dispose]() {
      if (problem === null) execFileSync("umount", [dir], { stdio: "pipe" });
      rmSync(dir, { recursive: true });
    },
  };
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
