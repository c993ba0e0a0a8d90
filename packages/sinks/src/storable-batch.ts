import { PermanentError, toStorableText } from "@deskmirror/model";
import type { Batch, Change } from "@deskmirror/model";

/** Longer keys fit no index (PostgreSQL takes 2,704 bytes); Zoho's longest composite key has about 100. */
const MAX_KEY_BYTES = 1024;

/** The batch with keys and parents as a sink stores them; PermanentError when a key is none. */
export function toStorableBatch(batch: Batch): Batch {
  return { ...batch, changes: batch.changes.map(toStorableChange) };
}

function toStorableChange(change: Change): Change {
  const key = toStorableText(change.key);
  const bytes = Buffer.byteLength(key);
  if (bytes === 0 || bytes > MAX_KEY_BYTES) {
    throw new PermanentError(`a key has 1 to ${MAX_KEY_BYTES} bytes, not ${bytes}: look at the record it came from`, {
      code: "KEY",
    });
  }
  const parentId = change.parentId === null ? null : toStorableText(change.parentId);
  return key === change.key && parentId === change.parentId ? change : { ...change, key, parentId };
}
