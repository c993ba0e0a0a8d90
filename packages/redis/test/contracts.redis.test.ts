import { describe } from "node:test";
import {
  deadLettersContract,
  deliveriesContract,
  dueSetContract,
  gapsContract,
  leasesContract,
  looksContract,
  turnsContract,
} from "@deskmirror/testing/contracts";
import { createDeadLetters } from "../src/dead-letters.ts";
import { createDeliveryQueue } from "../src/delivery-queue.ts";
import { createDeliveryWorker } from "../src/delivery-worker.ts";
import { createDueSet } from "../src/due-set.ts";
import { createGaps } from "../src/gaps.ts";
import { createLeases } from "../src/leases.ts";
import { createLedger } from "../src/ledger.ts";
import { createSubscriptionLooks } from "../src/subscription-looks.ts";
import { createTurns } from "../src/turns.ts";
import { atEnd, testConnection, testRedis } from "./redis.ts";

const connection = await testConnection(await testRedis());
const queue = createDeliveryQueue({ connection });
atEnd(() => queue.close());
const ledger = createLedger({ connection });

describe("due work in Redis", () => dueSetContract(createDueSet({ connection })));
describe("gaps in Redis", () => gapsContract(createGaps({ connection })));
describe("turns in Redis", () => turnsContract((limit) => createTurns({ connection, name: "foreign", limit })));
describe("leases in Redis", () => leasesContract(createLeases({ connection })));

describe("looks at subscriptions in Redis", () => looksContract(createSubscriptionLooks({ connection })));

describe("dead letters in Redis", () => {
  const letters = createDeadLetters({ connection });
  deadLettersContract({ letters, all: async (source) => (await letters.list({ source, limit: 100 })).items });
});

describe("deliveries in Redis", () =>
  deliveriesContract((source) => ({
    queue,
    createWorker: (apply) => createDeliveryWorker({ connection, source, apply, log: () => {} }),
    ledger,
  })));
