import type { JsonObject } from "./json.ts";

/** Whether a record is set aside (`Stream.asideKey`): it exists, and readings of its stream do not show it any more. */
export function isAside(asideKey: string | null, data: JsonObject | null): boolean {
  const flag = asideKey === null ? undefined : data?.[asideKey];
  return flag === true || flag === "true";
}
