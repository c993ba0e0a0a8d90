import type { Table } from "@deskmirror/model";

/** A table as SQL names it; `assertNames` has checked the parts. */
export function qualify({ source, stream }: Table): string {
  return `"${source}"."${stream}"`;
}

/** A query whose plan each connection keeps under a name of the table's own. */
export function prepared(
  table: Table,
  purpose: string,
  text: string,
): { readonly name: string; readonly text: string } {
  return { name: `${purpose}:${table.source}.${table.stream}`, text };
}
