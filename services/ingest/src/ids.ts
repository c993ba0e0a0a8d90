import { monotonicFactory } from "ulid";

/** Gives a new ULID. */
export type IdMaker = () => string;

/** ULIDs that rise within this process, also within a millisecond. */
export function createIdMaker(): IdMaker {
  const next = monotonicFactory();
  return () => next();
}
