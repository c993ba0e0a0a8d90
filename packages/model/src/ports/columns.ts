/** What the values of a column of a flat view are: `integer` a whole number, `number` any decimal, `time` an instant, `date` a day. */
export const COLUMN_TYPES = ["text", "integer", "number", "boolean", "date", "time"] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** A field of a record as a column of its own (contract section 6). */
export interface Column {
  /** Where the value stands in the record: keys from the outside in, `["cf", "cf_x"]` for a custom field. */
  readonly path: readonly string[];
  readonly type: ColumnType;
}
