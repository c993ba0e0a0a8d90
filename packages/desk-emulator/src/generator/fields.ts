import { detailKeys } from "../tables/spec.ts";
import { tables } from "../tables/index.ts";
import type { StoredTable } from "../tables/names.ts";
import type { Json, Row } from "../json.ts";
import { picklist } from "./custom-fields.ts";
import { add, type World } from "./world.ts";

const tableOfModule: Readonly<Record<string, StoredTable>> = { timeEntry: "ticket_time_entries" };

interface FieldRow {
  readonly apiName: string;
  readonly label: string;
  readonly type: string;
  readonly custom: boolean;
}

/** A row of /fields. */
export function fieldRow({ apiName, label, type, custom }: FieldRow): Row {
  const allowedValues: Json = type === "Picklist" || type === "Multiselect" ? picklist.map((value) => ({ value })) : [];
  return {
    apiName,
    displayLabel: label,
    i18NLabel: label,
    name: apiName,
    type,
    maxLength: type === "Text" ? 255 : null,
    isMandatory: false,
    isCustomField: custom,
    isEncryptedField: false,
    showToHelpCenter: true,
    toolTip: null,
    toolTipType: null,
    allowedValues,
    sourceType: custom ? "USERDEFINED" : "SYSTEM",
    createdBy: null,
    modifiedBy: null,
  };
}

function systemType(key: string): string {
  if (/time|date/i.test(key)) return "DateTime";
  if (/^is[A-Z]/.test(key)) return "Boolean";
  return /id$/i.test(key) ? "LookUp" : "Text";
}

/** System and custom fields of one module. */
export function addFields(world: World, module: string): void {
  const table = tableOfModule[module] ?? (module as StoredTable);
  const system = detailKeys(tables[table]).filter((key) => !["id", "cf", "customFields"].includes(key));
  const rows = [
    ...system.map((key) => fieldRow({ apiName: key, label: key, type: systemType(key), custom: false })),
    ...world.customFields
      .filter((field) => field.module === module)
      .map(({ apiName, label, type }) => fieldRow({ apiName, label, type, custom: true })),
  ];
  for (const row of rows) addField(world, module, row);
}

function addField(world: World, module: string, row: Row): void {
  const id = String(410_900_000_000_000 + world.ids.organization_fields.length);
  add(world, "organization_fields", { ...row, id }, { id: `${module}:${id}`, parentId: module });
}
