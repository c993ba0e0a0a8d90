/** The fields of an answer to `INFO`. */
export function parseInfo(text: string): Readonly<Record<string, string>> {
  const fields = text.split("\r\n").flatMap((line) => {
    const colon = line.indexOf(":");
    return colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
  });
  return Object.fromEntries(fields);
}
