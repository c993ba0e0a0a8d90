export { DATA_CENTER_HOSTS, toEndpoints } from "./hosts.ts";
export { exchangeCode } from "./oauth/exchange.ts";
export { toGrantId } from "./oauth/grant-id.ts";
