import { TransientError } from "@deskmirror/model";
import type { DataSource } from "@deskmirror/model";
import { toEndpoints } from "../hosts.ts";
import { createTransport } from "../http/transport.ts";
import { TOKEN_TIMEOUT_MS } from "./token-endpoint.ts";

/** Gives a grant back to Zoho, with the access tokens made from it (Zoho Accounts, OAuth, revoke). TransientError when Zoho does not confirm. */
export async function revokeGrant(
  source: Pick<DataSource, "dataCenter" | "accountsUrl" | "deskUrl">,
  refreshToken: string,
): Promise<void> {
  const { status } = await createTransport()({
    method: "POST",
    url: `${toEndpoints(source).accountsUrl}/oauth/v2/token/revoke`,
    form: { token: refreshToken },
    timeoutMs: TOKEN_TIMEOUT_MS,
  });
  if (status !== 200)
    throw new TransientError(`Zoho did not take the grant back (status ${status})`, { code: "REVOKE" });
}
