import type { DataCenter, DataSource } from "@deskmirror/model";
import { createTransport } from "../http/transport.ts";
import type { Transport } from "../http/transport.ts";
import { findDataCenter } from "./find-data-center.ts";
import type { FindOptions } from "./find-data-center.ts";

/** Which client to look for, and where. */
export interface LocateOptions {
  readonly source: Pick<DataSource, "clientId" | "dataCenter" | "accountsUrl">;
  readonly transport?: Transport;
  /** Accounts URL of a data centre; Zoho's own by default. */
  readonly toAccountsUrl?: NonNullable<FindOptions["toAccountsUrl"]>;
}

/**
 * The data centre that knows the client of a source, which its own one does not. Null when none or several do, and for a source with an
 * accounts URL of its own, whose client id is no business of Zoho's hosts.
 */
export async function locateClient({
  source,
  transport = createTransport(),
  toAccountsUrl,
}: LocateOptions): Promise<DataCenter | null> {
  const { clientId, dataCenter: configured, accountsUrl } = source;
  if (toAccountsUrl !== undefined) return findDataCenter({ clientId, configured, transport, toAccountsUrl });
  return accountsUrl === null ? findDataCenter({ clientId, configured, transport }) : null;
}
