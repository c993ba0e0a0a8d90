import type { Settings } from "../settings.ts";
import type { Stats } from "../stats.ts";
import type { Row } from "../json.ts";
import type { Granted, Grants } from "./grants.ts";
import { parseScopes } from "./scopes.ts";

/** An answer of the accounts server. */
export interface TokenAnswer {
  readonly status: number;
  readonly body: Row;
}

/** What the token endpoint works with. */
export interface TokenEndpointDeps {
  readonly grants: Grants;
  readonly settings: Settings;
  readonly stats: Stats;
  readonly orgId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The body of a refused token request (Zoho OAuth, token limits). */
export const tooManyTokens: TokenAnswer = {
  status: 400,
  body: {
    error_description: "You have made too many requests continuously. Please try again after some time.",
    error: "Access Denied",
    status: "failure",
  },
};

/** `POST /oauth/v2/token`: the three grants of a self client. */
export function createTokenEndpoint(deps: TokenEndpointDeps): (parameters: URLSearchParams) => TokenAnswer {
  const { grants, settings, stats, orgId, clientId, clientSecret } = deps;

  function refuse(error: string): TokenAnswer {
    return { status: settings.oauthErrorStatus, body: { error } };
  }

  function answer(granted: Granted): TokenAnswer {
    if (granted.ok) return { status: 200, body: tokenBody(granted) };
    if (granted.error === "invalid_code") return refuse("invalid_code");
    stats.breach("tokenRefused", { reason: "more than 10 token requests in 10 minutes" });
    return tooManyTokens;
  }

  function clientCredentials(parameters: URLSearchParams): TokenAnswer {
    if (parameters.get("soid") !== `ZohoDesk.${orgId}`) return refuse("invalid_soid");
    const scopes = parseScopes(parameters.get("scope") ?? "");
    if (scopes.length === 0) return refuse("invalid_scope");
    return { status: 200, body: tokenBody({ access: grants.issue(scopes), refreshToken: null }) };
  }

  const grantTypes: Readonly<Record<string, (parameters: URLSearchParams) => TokenAnswer>> = {
    authorization_code: (parameters) => answer(grants.exchange(parameters.get("code") ?? "")),
    refresh_token: (parameters) => answer(grants.refresh(parameters.get("refresh_token") ?? "")),
    client_credentials: clientCredentials,
  };

  return (parameters) => {
    if (parameters.get("client_id") !== clientId) return refuse("invalid_client");
    if (parameters.get("client_secret") !== clientSecret) return refuse("invalid_client_secret");
    const grant = grantTypes[parameters.get("grant_type") ?? ""];
    return grant === undefined ? refuse("unsupported_grant_type") : grant(parameters);
  };
}

function tokenBody({
  access,
  refreshToken,
}: {
  access: { token: string; scopes: readonly string[] };
  refreshToken: string | null;
}): Row {
  return {
    access_token: access.token,
    ...(refreshToken === null ? {} : { refresh_token: refreshToken, scope: access.scopes.join(" ") }),
    api_domain: "https://www.zohoapis.com",
    token_type: "Bearer",
    expires_in: 3600,
  };
}
