import { randomBytes } from "node:crypto";
import type { DeadLetter } from "@deskmirror/model";
import {
  connectRedis,
  createDeadLetters,
  createDueSet,
  createGaps,
  createLedger,
  createSealer,
} from "@deskmirror/redis";
import type { DeadLetters } from "@deskmirror/redis";
import { openSink } from "@deskmirror/sinks";
import type { Durable, Forms } from "./forms.ts";
import { createPacedTime } from "./paced-time.ts";
import { layServerLine, RETENTION_DAYS } from "./server-line.ts";

/** An empty database of a real Redis, and one of a real PostgreSQL. */
export interface Databases {
  readonly redisUrl: string;
  readonly postgresUrl: string;
}

/** The real ports on real servers. */
export function createServerForms(databases: Databases): Forms {
  return {
    createTime: createPacedTime,
    async open(time): Promise<Durable> {
      const seal = createSealer({ key: randomBytes(32).toString("base64") });
      const connection = connectRedis({ url: databases.redisUrl, role: "sync" });
      await connection.ready();
      const sink = await openSink(databases.postgresUrl, { dataDir: "." });
      const deadLetters = createDeadLetters({ connection, retentionDays: RETENTION_DAYS });
      return {
        sink,
        dueChildren: createDueSet({ connection }),
        gaps: createGaps({ connection }),
        ledger: createLedger({ connection }),
        letters: () => readLetters(deadLetters),
        layLine: () => layServerLine(databases, { time, seal }),
        async close() {
          await Promise.all([connection.close(), sink.close()]);
        },
      };
    },
  };
}

async function readLetters(deadLetters: DeadLetters): Promise<readonly DeadLetter[]> {
  const { items } = await deadLetters.list({ limit: 100 });
  const letters = await Promise.all(items.map(({ id }) => deadLetters.get(id)));
  return letters.filter((letter) => letter !== null);
}
