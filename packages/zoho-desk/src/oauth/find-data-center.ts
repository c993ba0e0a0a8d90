import { DATA_CENTERS } from "@deskmirror/model";
import type { DataCenter } from "@deskmirror/model";
import { DATA_CENTER_HOSTS } from "../hosts.ts";
import type { Transport } from "../http/transport.ts";
import { TOKEN_TIMEOUT_MS, readJson, readRefusal } from "./token-endpoint.ts";

/** Where to look for a client. */
export interface FindOptions {
  readonly clientId: string;
  /** The data centre that said `invalid_client`. */
  readonly configured: DataCenter;
  readonly transport: Transport;
  /** Accounts URL of a data centre; Zoho's own by default. */
  readonly toAccountsUrl?: (dataCenter: DataCenter) => string;
}

/**
 * Looks for the data centre that knows a client id, by asking each for a token with the id alone: neither secret nor code leaves
 * for a host it was not meant for. A data centre counts only when it answers otherwise than the configured one does to the same
 * question; null when none or several do.
 */
export async function findDataCenter(options: FindOptions): Promise<DataCenter | null> {
  const { configured, toAccountsUrl = ownAccountsUrl } = options;
  const ask = (dataCenter: DataCenter): Promise<string | null> => askFor(toAccountsUrl(dataCenter), options);
  const control = await ask(configured);
  if (control !== "invalid_client") return null;
  const others = DATA_CENTERS.filter((dataCenter) => dataCenter !== configured);
  const words = await Promise.all(others.map(ask));
  const knowing = others.filter((_, index) => knows(words[index]));
  return knowing.length === 1 ? (knowing[0] ?? null) : null;
}

/** What the token endpoint says once it has found the client. */
const knowingWords = new Set(["invalid_client_secret", "invalid_code", "invalid_redirect_uri"]);

function knows(word: string | null | undefined): boolean {
  return typeof word === "string" && knowingWords.has(word);
}

function ownAccountsUrl(dataCenter: DataCenter): string {
  return `https://${DATA_CENTER_HOSTS[dataCenter].accounts}`;
}

async function askFor(accountsUrl: string, { clientId, transport }: FindOptions): Promise<string | null> {
  try {
    const reply = await transport({
      method: "POST",
      url: `${accountsUrl}/oauth/v2/token`,
      form: { grant_type: "authorization_code", client_id: clientId, code: "none" },
      timeoutMs: TOKEN_TIMEOUT_MS,
    });
    return readRefusal(readJson(reply.text));
  } catch {
    return null; // A data centre that does not answer says nothing about the client.
  }
}
