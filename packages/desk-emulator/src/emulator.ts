import { setTimeout as wait } from "node:timers/promises";
import { createLimits, editionLimits } from "./checks/limits.ts";
import type { DeskEmulator, DeskInProcess } from "./desk-emulator.ts";
import { createClock, type Clock } from "./clock.ts";
import { createControl } from "./control/control.ts";
import type { Desk } from "./desk.ts";
import { createFaults } from "./faults.ts";
import { createChildOrigin } from "./generator/children.ts";
import { standardCustomFields, type CustomField } from "./generator/custom-fields.ts";
import { generate } from "./generator/index.ts";
import { createExchange } from "./http/exchange.ts";
import { createPipeline } from "./http/pipeline.ts";
import { createRouter } from "./http/router.ts";
import { createApp, listen } from "./http/server.ts";
import { createGrants } from "./oauth/grants.ts";
import { allScopes } from "./oauth/scopes.ts";
import { createTokenEndpoint } from "./oauth/token-endpoint.ts";
import type { DeskEmulatorOptions, InProcessOptions } from "./options.ts";
import { createRandom, mixSeed } from "./random.ts";
import { deskRoutes } from "./routes/index.ts";
import { defaultSettings, type Settings } from "./settings.ts";
import { createStats } from "./stats.ts";
import { createReader } from "./store/reader.ts";
import { createStore } from "./store/store.ts";
import { createWrites } from "./store/writes.ts";
import type { RenderContext } from "./tables/spec.ts";
import { createControls } from "./webhooks/controls.ts";
import { createPoster } from "./webhooks/http-post.ts";
import { createSender } from "./webhooks/sender.ts";
import { createSigner } from "./webhooks/signer.ts";
import { createWebhooks } from "./webhooks/webhooks.ts";
import { createWorkload, type Workload } from "./workload/workload.ts";

/** Starts an emulated Zoho Desk and generates its organization. */
export async function createDeskEmulator(options: DeskEmulatorOptions = {}): Promise<DeskEmulator> {
  const { port = 0, host = "127.0.0.1" } = options;
  let url = "";
  const { exchange, ...desk } = createDeskInProcess({
    ...options,
    url: () => url,
    poster: createPoster(),
    now: Date.now,
    // Latency alone keeps no process alive; deliveries that wait do.
    sleep: async (ms, signal) => wait(ms, undefined, { ref: signal !== undefined, ...(signal && { signal }) }),
  });
  const app = createApp({ clock: desk.clock, exchange, control: createControl(desk, () => url) });
  const listening = await listen(app, { port, host });
  url = `http://${host}:${listening.port}`;
  return {
    ...desk,
    url,
    async close() {
      desk.close();
      await listening.close();
    },
  };
}

/** The same Desk without a socket or a timer of its own: requests are calls of `exchange`, deliveries go to the given poster. */
export function createDeskInProcess(options: InProcessOptions): DeskInProcess {
  const {
    url,
    poster,
    sleep,
    seed = 1,
    tickets = 500,
    departments = 5,
    orgId = "700123456",
    edition = "enterprise",
    clientId = "1000.DESKEMULATOR",
    clientSecret = "emulator-secret",
  } = options;
  let { latencyMs = 30, indexLagMs = 2000 } = options;
  const clock = createClock(options.clock);
  const settings: Settings = { ...defaultSettings, ...options.settings };
  const stats = createStats();
  const random = createRandom(mixSeed(seed, 99));
  const faults = createFaults(() => random.next());
  const crowds = options.crowds ?? (tickets >= 3000 ? [{ tickets: 150, withinMs: 0 }] : []);
  const customFields = [...standardCustomFields, ...(options.customFields ?? [])];

  const store = createStore({
    clock,
    indexLagMs: () => indexLagMs,
    findsArchived: () => settings.searchFindsArchived,
    childOrigin: createChildOrigin(seed, () => store),
  });
  generate({ store, seed, tickets, departments, orgId, edition, endMs: clock.now(), crowds, customFields });

  const context = renderContext({ store, settings, orgId, customFields, clock, url });
  const actor = store.live("agents").ordered({ by: "id", descending: false })[0]?.id ?? "";
  const fieldNames = (module: string): ReadonlySet<string> => new Set(context.labels(module).keys());
  const writes = createWrites({ store, clock, settings, customFieldNames: fieldNames, actorId: () => actor });

  const edited = editionLimits[edition];
  const users = store.live("agents").size;
  const limits = createLimits({
    clock,
    settings,
    stats,
    dailyCredits: options.dailyCredits ?? edited.credits + users * edited.creditsPerUser,
    concurrency: options.concurrency ?? edited.concurrency,
  });
  const grants = createGrants({ clock, settings, stats });
  const desk: Desk = {
    orgId,
    clock,
    settings,
    store,
    writes,
    context,
    limits,
    faults,
    stats,
    grants,
    customFieldNames: fieldNames,
  };

  const controls = createControls(createRandom(mixSeed(seed, 77)));
  const signer = createSigner({ clock, settings, orgId });
  const sender = createSender({
    settings,
    stats,
    controls,
    poster,
    signer,
    sleep,
    now: options.now,
    urlOf: (id) => webhooks.urlOf(id),
    gone: (id) => {
      if (webhooks.urlOf(id) !== null) webhooks.remove(id);
    },
  });
  const webhooks = createWebhooks({
    clock,
    settings,
    store,
    context,
    poster,
    orgId,
    edition,
    allowed: edited.webhooks,
    actorId: () => actor,
    push: (event) => sender.push(event),
  });

  const workloads: Workload[] = [];
  return {
    exchange: createExchange({
      desk,
      pipeline: createPipeline(desk, createRouter(deskRoutes(desk, webhooks))),
      latencyMs: () => latencyMs,
      sleep,
      token: createTokenEndpoint({ grants, settings, stats, orgId, clientId, clientSecret }),
      jwks: () => signer.jwks(),
    }),
    orgId,
    clientId,
    clientSecret,
    generateCode: (scopes = allScopes) => grants.generateCode(scopes),
    clock,
    settings,
    faults,
    webhookControls: {
      ...controls,
      sendRaw: (id, body) => sender.sendRaw(id, body),
      rotateKey: (rotation) => signer.rotate(rotation),
      pending: () => sender.pending(),
      idle: () => sender.idle(),
    },
    webhooks,
    store: { ...createReader(context), ...writes },
    stats,
    workload(wanted) {
      const workload = createWorkload({ store, writes, seed, now: () => clock.now() }, wanted);
      workloads.push(workload);
      return workload;
    },
    setLatencyMs: (ms) => void (latencyMs = ms),
    setIndexLagMs: (ms) => void (indexLagMs = ms),
    setDailyCredits: (credits) => limits.setDailyCredits(credits),
    setConcurrency: (calls) => limits.setConcurrency(calls),
    close() {
      for (const workload of workloads) workload.stop();
      sender.close();
    },
  };
}

interface ContextParts {
  readonly store: RenderContext["store"];
  readonly settings: Settings;
  readonly orgId: string;
  readonly customFields: readonly CustomField[];
  readonly clock: Clock;
  readonly url: () => string;
}

function renderContext({ store, settings, orgId, customFields, clock, url }: ContextParts): RenderContext {
  const labels = new Map<string, Map<string, string>>();
  for (const { module, apiName, label } of customFields) {
    labels.set(module, (labels.get(module) ?? new Map<string, string>()).set(apiName, label));
  }
  const none = new Map<string, string>();
  return {
    store,
    settings,
    orgId,
    now: () => clock.now(),
    webUrl: (kind, id) => `${url()}/support/nordlicht/ShowHomePage.do#${kind}/dv/${id}`,
    apiUrl: (path) => `${url()}/api/v1${path}`,
    labels: (module) => labels.get(module) ?? none,
  };
}
