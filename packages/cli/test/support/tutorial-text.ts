/** What is written in the tutorial, and what stands for it in a run. */
export type Places = Readonly<Record<string, string>>;

/** A command as it is written, as it must be for a run. */
export function toReal(command: string, places: Places): string {
  return Object.entries(places).reduce((text, [written, real]) => text.replaceAll(written, real), command);
}

/** What depends on the moment, and what is written for it each time; as long as it was where a column follows. */
const moments: readonly (readonly [what: RegExp, written: string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d/g, "2026-01-01T12:00:00+00:00"],
  [/(?<=\/hooks\/)[\w-]{32}/g, "k".repeat(32)],
  [/(?<=code {11})\S+/g, "1000.…"],
  [/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, "0".repeat(26)],
  [/\b\d,\d{3}(?= {2}The X-ZDesk-JWT)/g, "3,000"],
  // Credits, lags and rates: what goes on beside the commands spends and takes time too.
  [/^(credits +)[\d,]+( of [\d,]+ left.*spent today: ).*$/gm, "$1…$2…"],
  [/[\d,]+(?= are left today)/g, "…"],
  [/( {2})(\d+ ms|[\d.]+ s|–)$/gm, "$1…"],
];

/** What a run printed, as it is written. */
export function normalize(output: string, places: Places): string {
  const placed = Object.entries(places).reduce((text, [written, real]) => text.replaceAll(real, written), output);
  return moments.reduce((text, [what, written]) => text.replaceAll(what, written), placed);
}
