import type { DataSource } from "@deskmirror/model";

/** A data source with everything at its default. */
export function testDataSource(given: Partial<DataSource> = {}): DataSource {
  return {
    name: "acme",
    orgId: "700123456",
    dataCenter: "com",
    clientId: "1000.CLIENT",
    clientSecret: "secret",
    refreshToken: null,
    scopes: null,
    mode: "document",
    increment: "webhook",
    tables: null,
    sinkUrl: null,
    signature: "verify",
    throttle: { concurrency: null, reserve: 0, dailyCredits: null },
    reconcileSeconds: null,
    compareSeconds: null,
    sweepHours: null,
    accountsUrl: null,
    deskUrl: null,
    serviceKey: "key",
    webhookId: null,
    paused: false,
    pulls: {},
    createdMs: 0,
    ...given,
  };
}
