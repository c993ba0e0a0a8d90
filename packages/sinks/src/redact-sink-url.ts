/** A sink URL without password and query, as it may be shown; a URL that cannot be read gives its scheme only. */
export function redactSinkUrl(url: string): string {
  if (/^sqlite:/i.test(url)) return url.replace(/[?#].*$/s, "");
  if (!URL.canParse(url)) return `${/^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0] ?? ""}…`;
  const shown = new URL(url);
  shown.password = "";
  shown.search = "";
  shown.hash = "";
  return shown.href;
}
