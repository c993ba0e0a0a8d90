import type * as z from "zod";
import type { deadLetter, deadLetters, replayed as replay } from "../api/answers.ts";
import { formatFacts, formatTable } from "./table.ts";
import { toLocal } from "./time.ts";

/** A page of dead letters, one a line. */
export function formatLetters({ items, next }: z.output<typeof deadLetters>): string {
  if (items.length === 0) return "No dead letters.";
  const text = formatTable(
    ["id", "received", "event", "table", "key", "reason", "attempts", "bytes", "message"],
    items.map((letter) => [
      letter.id,
      toLocal(letter.receivedAt),
      letter.eventType,
      letter.table,
      letter.key,
      letter.reason,
      letter.attempts,
      letter.size,
      letter.message,
    ]),
  );
  return next === null ? text : `${text}\n\nThere are more: --cursor ${JSON.stringify(next)}`;
}

/** One dead letter and its body. */
export function formatLetter(letter: z.output<typeof deadLetter>): string {
  const facts = formatFacts({
    id: letter.id,
    source: letter.source,
    received: toLocal(letter.receivedAt),
    event: letter.eventType,
    table: letter.table,
    key: letter.key,
    reason: letter.reason,
    attempts: letter.attempts,
    message: letter.message,
  });
  return `${facts}\n\n${letter.body}`;
}

/** What the replay of a selection did, or would do. */
export function formatReplayed({ dryRun, matched, replayed, failed }: z.output<typeof replay>): string {
  const letters = (count: number): string => `${count.toLocaleString("en")} dead ${count === 1 ? "letter" : "letters"}`;
  if (dryRun) return `${letters(matched)} would be replayed.`;
  const told = failed.map(({ id, message }) => `${id}: ${message}`);
  return [`${letters(replayed)} replayed${told.length === 0 ? "." : `, ${told.length} not:`}`, ...told].join("\n");
}
