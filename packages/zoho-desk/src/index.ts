export { DATA_CENTER_HOSTS, toEndpoints } from "./hosts.ts";
export { fetchJwks } from "./jwks.ts";
export { exchangeCode } from "./oauth/exchange.ts";
export type { ExchangeOptions, Grant } from "./oauth/exchange.ts";
export { revokeGrant } from "./oauth/revoke.ts";
export { missingScopes } from "./scopes.ts";
export { createZohoDesk } from "./zoho-desk.ts";
export type { ZohoDesk, ZohoDeskOptions } from "./zoho-desk.ts";
