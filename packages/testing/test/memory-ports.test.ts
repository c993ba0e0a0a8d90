import { describe } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createMemoryDeadLetters,
  createMemoryDeliveries,
  createMemoryDueSet,
  createMemoryGaps,
  createMemoryLooks,
  createMemoryTokens,
  createMemoryTurns,
} from "../src/index.ts";
import {
  deadLettersContract,
  deliveriesContract,
  dueSetContract,
  gapsContract,
  leasesContract,
  looksContract,
  turnsContract,
} from "../src/contracts/index.ts";

const time = { now: Date.now, sleep: async (ms: number) => sleep(ms, undefined, { ref: false }) };

describe("due work in memory", () => dueSetContract(createMemoryDueSet()));
describe("gaps in memory", () => gapsContract(createMemoryGaps()));
describe("turns in memory", () => turnsContract((limit) => createMemoryTurns({ limit })));
describe("leases in memory", () => leasesContract(createMemoryTokens().leases));

describe("looks at subscriptions in memory", () => looksContract(createMemoryLooks()));

describe("dead letters in memory", () => {
  const letters = createMemoryDeadLetters();
  deadLettersContract({ letters, all: async (source) => letters.all().filter((one) => one.source === source) });
});

describe("deliveries in memory", () =>
  deliveriesContract(() => {
    const { queue, createWorker, ledger } = createMemoryDeliveries();
    return {
      queue,
      createWorker: (apply) => createWorker({ apply, time }),
      ledger,
    };
  }));
