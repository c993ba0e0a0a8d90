/** A time of the API as ISO text in this machine's time zone, whole seconds: `2026-11-24T13:10:05+01:00`; a dash for none. */
export function toLocal(time: string | null): string {
  if (time === null) return "–";
  const zoned = Temporal.Instant.from(time).toZonedDateTimeISO(Temporal.Now.timeZoneId());
  return zoned.toString({ smallestUnit: "second", timeZoneName: "never" });
}

/** How long something takes, for people: `180 ms`, `4.2 s`, `3 min`, `2 h 5 min`; a dash when unknown. */
export function toDuration(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
