import type { DeadLetter, Leases, Sink, TokenStore } from "@deskmirror/model";
import type {
  DeadLetters,
  DeliveryQueue,
  DeliveryWorker,
  DeliveryWorkerOptions,
  DueSet,
  Gaps,
  Ledger,
  SubscriptionLooks,
  Turns,
} from "@deskmirror/redis";
import type { Time } from "@deskmirror/runtime";
import type { MirrorParts } from "@deskmirror/sync/open-mirror";
import type { VirtualTime } from "./virtual-time.ts";

/** The ports in one of their forms: in memory, or on real servers. A history does not know which. */
export interface Forms {
  /** Time as the servers of this form can follow it. */
  createTime(startMs: number): VirtualTime;
  /** Empty servers for one history. */
  open(time: Time): Promise<Durable>;
}

/** What Redis and the sink hold: it outlives every process. */
export interface Durable {
  /** A new process's way to it. */
  layLine(): Promise<Line>;
  readonly sink: Sink;
  readonly dueChildren: Pick<DueSet, "size">;
  readonly gaps: Pick<Gaps, "list">;
  readonly ledger: Pick<Ledger, "counts">;
  letters(): Promise<readonly DeadLetter[]>;
  close(): Promise<void>;
}

/** All ways of one process to what outlives it. */
export interface Line {
  /** The ports of a process with this time. */
  open(time: Time): Ports;
  /** Nothing goes through, and nothing is answered, until it is restored. */
  freeze(): void;
  restore(): void;
  /** Ends it for good, as the kernel does with the connections of a dead process. */
  cut(): void;
}

/** What one process works with. */
export interface Ports {
  readonly openSink: () => Promise<Sink>;
  readonly tokens: TokenStore;
  readonly leases: Leases;
  readonly queue: Pick<DeliveryQueue, "add">;
  readonly createWorker: (options: Pick<DeliveryWorkerOptions, "source" | "apply">) => DeliveryWorker;
  readonly createThrottle: MirrorParts["createThrottle"];
  readonly dueChildren: DueSet;
  readonly gaps: Gaps;
  readonly turns: Turns;
  readonly looks: SubscriptionLooks;
  readonly deadLetters: Pick<DeadLetters, "add" | "refusedRows">;
  readonly ledger: Pick<Ledger, "counts" | "lastReceivedMs">;
}
