/** The address of a source, or of something below it. */
export function sourcePath(source: string, below = ""): string {
  return `/api/sources/${encodeURIComponent(source)}${below === "" ? "" : `/${below}`}`;
}

/** A query of those parameters that are given; empty when none is. */
export function toQuery(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, `${value}`]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}
