import type { RequestOptions } from "@deskmirror/model";
import type { RowReader } from "../paging/rows.ts";
import { specOf } from "../scopes.ts";
import { toId, toText } from "../values.ts";

/** The id of the ticket with a number (Zoho Desk OAS, Search.json, `ticketNumber`); null when the index, which lags, knows none. */
export async function findTicket(
  reader: RowReader,
  ticketNumber: string,
  options: RequestOptions,
): Promise<string | null> {
  const { rows } = await reader.search(specOf("tickets"), { ticketNumber, limit: "10", from: "0" }, options);
  // The search may match by prefix.
  const ticket = rows.find((row) => toText(row["ticketNumber"]) === ticketNumber);
  return ticket === undefined ? null : toId(ticket["id"]);
}
