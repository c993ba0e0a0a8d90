/** What a file refers to. */
export interface Scan {
  /** Every module specifier: static, type-only, re-exported, dynamic, required or resolved. */
  readonly specifiers: readonly string[];
  /** The source without comments and plain strings; templates stay, since they hold code. */
  readonly code: string;
}

const token = new RegExp(
  [
    /(?<comment>\/\/.*|\/\*[^]*?\*\/)/,
    /(?<reference>\b(?:from|import|import\(|require\(|import\.meta\.resolve\()\s*(?<quote>["'])(?<specifier>[^"'\n]+)\k<quote>)/,
    /(?<template>`(?:\\[^]|[^\\`])*`)/,
    /(?<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

/** Finds what a TypeScript or JavaScript file imports; what only looks like an import, in a comment or a string, is none. */
export function scan(source: string): Scan {
  const groups = [...source.matchAll(token)].map((match) => match.groups ?? {});
  return {
    specifiers: groups.flatMap(({ specifier }) => (specifier === undefined ? [] : [specifier])),
    code: source.replaceAll(token, (match, comment?: string, reference?: string) => {
      if (comment !== undefined) return " ";
      return reference !== undefined || match.startsWith("`") ? match : '""';
    }),
  };
}
