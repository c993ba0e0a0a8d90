import { COLUMN_TYPES } from "@deskmirror/model";
import type { Column, ColumnType } from "@deskmirror/model";

/**
 * Reads columns written as words: keys from the outside in, joined by dots, then `:` and the type where it is not text
 * (`subject dueDate:time contact.account.accountName`).
 */
export function toColumns(words: string): readonly Column[] {
  return words.trim().split(/\s+/).map(toColumn);
}

function toColumn(word: string): Column {
  const [keys = "", type = "text"] = word.split(":");
  if (!isType(type)) throw new TypeError(`${word}: ${type} is no type of a column`);
  return { path: keys.split("."), type };
}

function isType(text: string): text is ColumnType {
  return (COLUMN_TYPES as readonly string[]).includes(text);
}
