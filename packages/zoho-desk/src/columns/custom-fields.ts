import type { Column, ColumnType, JsonObject } from "@deskmirror/model";
import { isTrue, toText } from "../values.ts";

/**
 * Types of fields (Zoho Desk OAS, Field.json) whose values are no text. Of the others a formula may be anything, a lookup is an id, a
 * number that Zoho counts up has a prefix.
 */
const types: ReadonlyMap<string, ColumnType> = new Map([
  ["number", "integer"],
  ["integer", "integer"],
  ["percent", "number"],
  ["decimal", "number"],
  ["currency", "number"],
  ["boolean", "boolean"],
  ["checkbox", "boolean"],
  ["date", "date"],
  ["datetime", "time"],
]);

/** The custom fields among a module's fields, in their order. */
export function toCustomColumns(fields: readonly JsonObject[]): readonly Column[] {
  return fields.flatMap((field): Column[] => {
    const apiName = toText(field["apiName"]);
    if (apiName === null || !isCustom(field, apiName)) return [];
    const type = (toText(field["type"]) ?? "").toLowerCase().replace(/[^a-z]/g, "");
    return [{ path: ["cf", apiName], type: types.get(type) ?? "text" }];
  });
}

/** The deprecated `/organizationFields` lacks the flag. */
function isCustom(field: JsonObject, apiName: string): boolean {
  return isTrue(field["isCustomField"]) || apiName.startsWith("cf_");
}
