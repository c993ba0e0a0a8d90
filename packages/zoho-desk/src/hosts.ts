import { ConfigError, DATA_CENTERS } from "@deskmirror/model";
import type { DataCenter, DataSource } from "@deskmirror/model";

/** Where Zoho's two services of a data centre answer; URLs without a slash at the end. */
export interface Endpoints {
  readonly accountsUrl: string;
  readonly deskUrl: string;
}

/** The hosts that may get a secret or a token, by data centre (Zoho Accounts, multi-dc; `ca` is Zoho's own cloud domain). */
export const DATA_CENTER_HOSTS: Readonly<Record<DataCenter, { readonly accounts: string; readonly desk: string }>> = {
  com: { accounts: "accounts.zoho.com", desk: "desk.zoho.com" },
  eu: { accounts: "accounts.zoho.eu", desk: "desk.zoho.eu" },
  in: { accounts: "accounts.zoho.in", desk: "desk.zoho.in" },
  "com.au": { accounts: "accounts.zoho.com.au", desk: "desk.zoho.com.au" },
  jp: { accounts: "accounts.zoho.jp", desk: "desk.zoho.jp" },
  "com.cn": { accounts: "accounts.zoho.com.cn", desk: "desk.zoho.com.cn" },
  ca: { accounts: "accounts.zohocloud.ca", desk: "desk.zohocloud.ca" },
  sa: { accounts: "accounts.zoho.sa", desk: "desk.zoho.sa" },
  sg: { accounts: "accounts.zoho.sg", desk: "desk.zoho.sg" },
  ae: { accounts: "accounts.zoho.ae", desk: "desk.zoho.ae" },
  uk: { accounts: "accounts.zoho.uk", desk: "desk.zoho.uk" },
};

/** What decides the endpoints of a source. */
export type EndpointSettings = Pick<DataSource, "dataCenter" | "accountsUrl" | "deskUrl">;

/** The endpoints of a source: custom URLs when given, else Zoho's own hosts. ConfigError for an unknown data centre. */
export function toEndpoints({ dataCenter, accountsUrl, deskUrl }: EndpointSettings): Endpoints {
  if (!Object.hasOwn(DATA_CENTER_HOSTS, dataCenter)) {
    throw new ConfigError(`dataCenter is ${dataCenter}: use one of ${DATA_CENTERS.join(", ")}`);
  }
  const hosts = DATA_CENTER_HOSTS[dataCenter];
  return {
    accountsUrl: trimSlash(accountsUrl ?? `https://${hosts.accounts}`),
    deskUrl: trimSlash(deskUrl ?? `https://${hosts.desk}`),
  };
}

function trimSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
