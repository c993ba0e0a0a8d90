import { createGapKeeper } from "@deskmirror/ingest/gap-keeper";
import { createIntake } from "@deskmirror/ingest/intake";
import { judgeContent } from "@deskmirror/model";
import type { Delivery } from "@deskmirror/model";
import type { Ports } from "./forms.ts";
import type { Life } from "./life.ts";
import type { Traffic } from "./traffic.ts";

/** A run of ingest: what it answers to the body of a POST. */
export interface IngestRun {
  readonly life: Life;
  take(body: string): Promise<number>;
}

/** How a delivery is answered; broken copies answer otherwise. */
export type AnswerDelivery = (taken: Promise<void>) => Promise<void>;

/** What a run of ingest begins with. */
export interface IngestOptions {
  readonly life: Life;
  readonly ports: Ports;
  readonly source: string;
  /** When an ingest last said that it is alive. */
  readonly lastBeat: { ms: number };
  readonly createId: () => string;
  readonly answer: AnswerDelivery;
  /** How long a group is on its way to Redis, in ms. */
  readonly wayMs: () => number;
  readonly traffic: Traffic;
}

const BEAT_MS = 1_000;

/** Starts ingest without its HTTP: judged, grouped and stored by its own code, and what was missed while none ran is a gap. */
export function startIngest(options: IngestOptions): IngestRun {
  const { life, ports, source, lastBeat, createId, traffic } = options;
  const queue = traffic.watchQueue(life.guard(ports.queue));
  const gaps = createGapKeeper({ openGap: life.guard(ports.gaps).open });
  const intake = createIntake({
    async store(group) {
      await life.time.sleep(options.wayMs());
      await queue.add(group);
    },
    createId,
  });

  async function beat(): Promise<void> {
    for (;;) {
      const isKept = await gaps.flush().then(
        () => true,
        () => false,
      );
      if (isKept) lastBeat.ms = life.time.now();
      await life.time.sleep(BEAT_MS);
    }
  }
  if (lastBeat.ms > 0) gaps.open(source, "ingest down", lastBeat.ms);
  void beat();

  return {
    life,
    async take(body) {
      const content = judgeContent(body);
      if (content.kind === "empty") return 200;
      const delivery: Delivery = {
        id: createId(),
        receivedMs: life.time.now(),
        body,
        ...content,
        signature: "missing",
        token: null,
        module: null,
      };
      try {
        await options.answer(intake.take(source, delivery));
      } catch {
        gaps.open(source, "answered 503", delivery.receivedMs);
        return 503;
      }
      traffic.onAnswered(delivery);
      return 200;
    },
  };
}
