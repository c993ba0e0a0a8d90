import { randomFillSync } from "node:crypto";
import { monotonicFactory } from "ulid";

/** Gives a new ULID. */
export type IdMaker = () => string;

/** ULIDs that rise within this process, also within a millisecond. */
export function createIdMaker(): IdMaker {
  // Asking the system for each of an id's 16 random digits costs more than all the rest of a delivery.
  const pool = new Uint8Array(4096);
  let used = pool.length;

  function random(): number {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    return pool[used++]! / 256;
  }

  const next = monotonicFactory(random);
  return () => next();
}
