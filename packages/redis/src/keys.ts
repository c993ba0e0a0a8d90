/** Name of the one BullMQ queue each source has. */
export const QUEUE = "deliveries";

/** Prefix of all keys of a source; its braces put them into one cluster slot. */
export function sourcePrefix(source: string): string {
  return `{dm:${source}}`;
}

/** A key of a source. */
export function sourceKey(source: string, ...parts: readonly string[]): string {
  return [sourcePrefix(source), ...parts].join(":");
}

/** The hash BullMQ keeps a job in. */
export function jobKey(source: string, id: string): string {
  return sourceKey(source, QUEUE, id);
}

/** A key that belongs to no source; the double colon keeps it apart from every source's name. */
export function sharedKey(group: string, ...parts: readonly string[]): string {
  return [`{dm::${group}}`, ...parts].join(":");
}
