export { createDeskEmulator, createDeskInProcess } from "./emulator.ts";
export type { DeskEmulator, DeskInProcess, WebhookControls } from "./desk-emulator.ts";
export type { DeskEmulatorOptions, InProcessOptions } from "./options.ts";
export type { DeskReply, DeskRequest, Exchange } from "./http/exchange.ts";
export type { Poster } from "./webhooks/http-post.ts";
export { createRandom, type Random } from "./random.ts";
export { defaultSettings, type Settings } from "./settings.ts";
export { editions, editionLimits, type Edition } from "./checks/limits.ts";
export type { Crowd } from "./generator/crowds.ts";
export { fieldTypes, type CustomField, type FieldType } from "./generator/custom-fields.ts";
export { faultKinds, type Fault, type FaultKind, type Faults } from "./faults.ts";
export { allScopes } from "./oauth/scopes.ts";
export {
  breachKinds,
  deliveryOutcomes,
  type BreachKind,
  type DeliveryOutcome,
  type Stats,
  type StatsSnapshot,
} from "./stats.ts";
export type { Cause } from "./store/state.ts";
export type { Reader, StoreRecord } from "./store/reader.ts";
export type { Writes } from "./store/writes.ts";
export { tableNames, type StoredTable, type TableName } from "./tables/names.ts";
export type { Clock } from "./clock.ts";
export type { Json, Row } from "./json.ts";
export { forgeries, type Forgery } from "./webhooks/signer.ts";
export { eventCatalogue } from "./webhooks/catalogue.ts";
export type { SenderControls, SenderRates } from "./webhooks/controls.ts";
export { changeKinds, type ChangeKindName } from "./workload/changes.ts";
export type { Workload, WorkloadOptions } from "./workload/workload.ts";
