import type { Table } from "@deskmirror/model";

/** A table as SQL names it; `assertNames` has checked the parts. */
export function qualify({ source, stream }: Table): string {
  return `"${source}"."${stream}"`;
}
