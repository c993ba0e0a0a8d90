import { DATA_CENTERS, PermanentError } from "@deskmirror/model";
import type { AccessToken, DataSource } from "@deskmirror/model";
import { toEndpoints } from "../hosts.ts";
import { createTransport } from "../http/transport.ts";
import type { Transport } from "../http/transport.ts";
import { locateClient } from "./locate-client.ts";
import type { LocateOptions } from "./locate-client.ts";
import { requestToken } from "./token-endpoint.ts";

/** What a generated code is exchanged with. */
export interface ExchangeOptions {
  readonly source: Pick<DataSource, "dataCenter" | "accountsUrl" | "deskUrl" | "clientId" | "clientSecret">;
  readonly code: string;
  readonly now?: () => number;
  readonly transport?: Transport;
  readonly toAccountsUrl?: NonNullable<LocateOptions["toAccountsUrl"]>;
}

/** A new grant. */
export interface Grant {
  readonly refreshToken: string;
  readonly access: AccessToken;
  /** Null when Zoho did not say. */
  readonly scopes: readonly string[] | null;
}

/**
 * Exchanges a generated code for a grant, once: a code works a single time. PermanentError with Zoho's word as `code` and what to
 * do next when refused; TransientError when it is unclear whether the code was used (generate a new one).
 */
export async function exchangeCode(options: ExchangeOptions): Promise<Grant> {
  const { source, code, now = Date.now, transport = createTransport() } = options;
  const client = {
    accountsUrl: toEndpoints(source).accountsUrl,
    clientId: source.clientId,
    clientSecret: source.clientSecret,
  };
  try {
    const { access, refreshToken, scopes } = await requestToken({ client, grant: { code }, transport, now });
    if (refreshToken === null) {
      throw new PermanentError("Zoho gave no refresh token: generate the code for a Self Client in the API console", {
        code: "no_refresh_token",
      });
    }
    return { refreshToken, access, scopes };
  } catch (error) {
    throw error instanceof PermanentError ? await explain(error, options, transport) : error;
  }
}

const newCode =
  "open the API console of this data centre, Self Client, Generate Code, with all scopes, choose the organization, and send the new code before its duration ends";

/** The next step for each word of the token endpoint (Zoho Accounts, OAuth). */
const nextSteps: Readonly<Record<string, string>> = {
  invalid_code: `the code has expired, was used before or is not for this client; ${newCode}`,
  invalid_client_secret: "the client secret is wrong: copy it again from the API console, Client Secret",
  invalid_redirect_uri: "the client is no Self Client: make one in the API console and generate the code there",
  invalid_scope: "a scope of the code does not exist: generate the code again with the scopes of the README",
};

async function explain(error: PermanentError, options: ExchangeOptions, transport: Transport): Promise<PermanentError> {
  const next =
    error.code === "invalid_client" ? await explainClient(options, transport) : (nextSteps[error.code] ?? null);
  return next === null ? error : new PermanentError(`${error.code}: ${next}`, { code: error.code });
}

async function explainClient(options: ExchangeOptions, transport: Transport): Promise<string> {
  const { source, toAccountsUrl } = options;
  const found =
    source.accountsUrl === null
      ? await locateClient({ source, transport, ...(toAccountsUrl !== undefined && { toAccountsUrl }) })
      : null;
  if (found !== null) {
    return `this client belongs to data centre ${found}, not ${source.dataCenter}: set dataCenter to ${found} and generate a new code there`;
  }
  const others = DATA_CENTERS.filter((dataCenter) => dataCenter !== source.dataCenter).join(", ");
  return `the client id is wrong, or the client belongs to another data centre than ${source.dataCenter} (one of ${others}): it is the ending of the address of your Zoho Desk`;
}
