import { isoTime, type Json, type MutableRow, type Row } from "../json.ts";
import type { Random } from "../random.ts";

/** Types of fields (Zoho Desk OpenAPI, Field). */
export const fieldTypes = [
  "Text",
  "Textarea",
  "LargeText",
  "Email",
  "Phone",
  "Fax",
  "URL",
  "Date",
  "DateTime",
  "Number",
  "Percent",
  "Decimal",
  "Currency",
  "Picklist",
  "Multiselect",
  "LookUp",
  "MultiLookup",
  "AutoNumber",
  "Boolean",
  "Formula",
] as const;

/** One type of field. */
export type FieldType = (typeof fieldTypes)[number];

/** A custom field of a module. */
export interface CustomField {
  /** Module as /fields names it, such as `tickets`. */
  readonly module: string;
  /** `cf_…` */
  readonly apiName: string;
  readonly label: string;
  readonly type: FieldType;
}

/** Modules that have fields. */
export const fieldModules = [
  "tickets",
  "contacts",
  "accounts",
  "tasks",
  "timeEntry",
  "products",
  "calls",
  "events",
  "contracts",
  "agents",
] as const;

const names: Readonly<Record<FieldType, string>> = {
  Text: "Modell",
  Textarea: "Anmerkung",
  LargeText: "Protokoll",
  Email: "Second e-mail",
  Phone: "Téléphone",
  Fax: "Fax",
  URL: "Shop-URL",
  Date: "Kaufdatum",
  DateTime: "Next visit",
  Number: "Stückzahl",
  Percent: "Severity",
  Decimal: "Gewicht",
  Currency: "Valeur",
  Picklist: "Région",
  Multiselect: "Symptoms",
  LookUp: "Lager",
  MultiLookup: "Geräte",
  AutoNumber: "Serial",
  Boolean: "Garantie",
  Formula: "Score",
};

/** Picklist values of the generated fields. */
export const picklist = ["Nord", "Süd", "Über See", "東"] as const;

/** The custom fields every organization has: each type in tickets, contacts and accounts, two in each other module. */
export const standardCustomFields: readonly CustomField[] = fieldModules.flatMap((module) => {
  const types = ["tickets", "contacts", "accounts"].includes(module) ? fieldTypes : (["Text", "Picklist"] as const);
  return types.map((type) => ({ module, apiName: `cf_${type.toLowerCase()}_1`, label: names[type], type }));
});

const values: Readonly<Record<FieldType, (random: Random, seq: number) => string>> = {
  Text: (random) => `F${random.int(9)} ${2010 + random.int(16)}`,
  Textarea: (random) => `Zeile 1\nZeile ${random.int(90)} – ok`,
  LargeText: (random) => `Längerer Text № ${random.int(1000)}: „Grüße“`,
  Email: (random) => `extra${random.int(1000)}@example.org`,
  Phone: (random) => `+49 30 ${100000 + random.int(900000)}`,
  Fax: (random) => `+49 30 ${100000 + random.int(900000)}-9`,
  URL: (random) => `https://shop.example.org/p/${random.int(1000)}`,
  Date: (random) => `20${20 + random.int(7)}-0${1 + random.int(9)}-1${random.int(10)}`,
  DateTime: (random) => isoTime(1_700_000_000_000 + random.int(1_000_000) * 60_000),
  Number: (random) => String(random.int(500)),
  Percent: (random) => `${random.int(100)}.0`,
  Decimal: (random) => `${random.int(100)}.${random.int(90) + 10}`,
  Currency: (random) => `${random.int(10000)}.50`,
  Picklist: (random) => random.pick(picklist),
  Multiselect: (random) => `${random.pick(picklist)};${random.pick(picklist)}`,
  LookUp: (random) => String(410000000000000 + random.int(1000)),
  MultiLookup: (random) => `${410000000000000 + random.int(1000)};${410000000000000 + random.int(1000)}`,
  AutoNumber: (_random, seq) => `SN-${seq}`,
  Boolean: (random) => String(random.chance(0.5)),
  Formula: (random) => String(random.int(1000) / 10),
};

/** A value for a custom field: text, or null in a third of the cases. */
export function customValue(field: CustomField, random: Random, seq: number): Json {
  return field.type !== "AutoNumber" && random.chance(0.33) ? null : values[field.type](random, seq);
}

/** `cf` of a record. */
export function customValues(fields: readonly CustomField[], random: Random, seq: number): Row {
  const row: MutableRow = {};
  for (const field of fields) row[field.apiName] = customValue(field, random, seq);
  return row;
}
