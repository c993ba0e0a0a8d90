import type { DataSource, RequestOptions, Sink, Source } from "@deskmirror/model";
import { toTable, wantedStreams } from "../open-tables.ts";
import { checkBin } from "./check-bin.ts";
import { checkEdition } from "./check-edition.ts";
import { checkGrant } from "./check-grant.ts";
import type { GrantParts } from "./check-grant.ts";
import { checkServiceUrl } from "./check-service-url.ts";
import type { ServiceUrlParts } from "./check-service-url.ts";
import { checkSink } from "./check-sink.ts";
import { checkSubscription } from "./check-subscription.ts";
import type { SubscriptionParts } from "./check-subscription.ts";
import { checkTables } from "./check-tables.ts";
import type { TablesParts } from "./check-tables.ts";
import type { Check } from "./check.ts";

/** What a connection test needs of the outside. */
export interface ConnectionParts
  extends Pick<GrantParts, "locateClient">, Pick<ServiceUrlParts, "probeUrl" | "assertAllowedHost"> {
  /** Lends a source of its own: the test needs no mirror, which may be what is broken. */
  readonly withSource: <T>(dataSource: DataSource, use: (source: Source) => Promise<T>) => Promise<T>;
  /** Opens a sink anew. */
  readonly openSink: (url: string) => Promise<Sink>;
  readonly defaultSinkUrl: string;
}

/** What is tested. */
export interface ConnectionTest {
  readonly dataSource: DataSource;
  readonly serviceUrl: string;
  readonly signal: AbortSignal;
}

/** Tests everything a source is connected with. What fails hides nothing else: what cannot be judged for it says so. */
export function testConnection(
  parts: ConnectionParts,
  { dataSource, serviceUrl, signal }: ConnectionTest,
): Promise<{ readonly checks: readonly Check[] }> {
  const options: RequestOptions = { purpose: "heal", signal };
  return parts.withSource(dataSource, async (source) => {
    const { enabled, disabled } = wantedStreams(source, dataSource.tables);
    const { name, orgId, sinkUrl, deskUrl } = dataSource;
    const common = { ...parts, dataSource, source, enabled, disabled, serviceUrl, options };
    const [zoho, sink, url] = await Promise.all([
      checkZoho(common),
      checkSink({
        openSink: () => parts.openSink(sinkUrl ?? parts.defaultSinkUrl),
        tables: enabled.map((stream) => toTable(name, stream)),
        owner: { source: name, orgId },
      }),
      checkServiceUrl({ ...parts, serviceUrl, isZoho: deskUrl === null, signal }),
    ]);
    return { checks: [...zoho.grant, zoho.edition, ...zoho.tables, zoho.bin, sink, url, zoho.subscription] };
  });
}

async function checkZoho(parts: GrantParts & Omit<TablesParts & SubscriptionParts, "obstacle" | "organization">) {
  const { checks, ...findings } = await checkGrant(parts);
  const [tables, bin, subscription] = await Promise.all([
    checkTables({ ...parts, ...findings }),
    checkBin({ ...parts, ...findings }),
    checkSubscription({ ...parts, ...findings }),
  ]);
  return { grant: checks, edition: checkEdition(parts.dataSource, findings.organization), tables, bin, subscription };
}
