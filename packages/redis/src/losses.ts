import { ConfigError } from "@deskmirror/model";
import { ask } from "./ask.ts";
import type { Log, RedisConnection } from "./connection.ts";
import type { Stamp } from "./data-source-schema.ts";
import { createDueSet } from "./due-set.ts";
import { createGaps } from "./gaps.ts";
import { createLedger } from "./ledger.ts";
import type { Publication } from "./publication.ts";
import type { Sealer } from "./sealer.ts";
import { stampOf } from "./source-vault.ts";
import type { SourceVault, VaultContents } from "./source-vault.ts";

/** What is remembered and done so that neither an emptied Redis nor a vault that is gone or went back loses what the other still has. */
export interface Losses {
  /** Of an emptied Redis: brings back the gaps of every source and opens one, since what was queued or due is lost. */
  readonly ofRedis: (contents: VaultContents) => Promise<void>;
  /**
   * Whether the vault is behind the copy in Redis: an empty one, or the same at an earlier time. A vault of another name is not. ConfigError
   * when the copy is another sync's.
   */
  readonly isVaultBehind: (contents: VaultContents) => Promise<boolean>;
  /** Gives a vault that is behind what the copy holds; whether it was. */
  readonly recoverVault: () => Promise<boolean>;
  /** Remembers in the vault what Redis holds now; nothing, and false, when the marker is gone. */
  readonly note: (contents: VaultContents) => Promise<boolean>;
}

const FOREIGN =
  "REDIS_URL: this Redis holds sources that are sealed with another SECRET_KEY, so another sync works with it: give each a Redis of its own, or both the same SECRET_KEY and SINK_URL; to begin anew, empty this Redis";

/** Why a gap opens when Redis lost the marker, and the queue with it. */
const QUEUE_LOST = "queue lost";

/** Why a gap opens when the default sink shows an older time than Redis knows it had. */
const SINK_RESTORED = "sink restored";

/** What losses are made good with. */
export interface LossesOptions {
  readonly connection: RedisConnection;
  readonly vault: SourceVault;
  readonly publication: Publication;
  readonly seal: Sealer;
  readonly log: Log;
}

/** Makes good what Redis and the vault may lose. */
export function createLosses({ connection, vault, publication, seal, log }: LossesOptions): Losses {
  const gaps = createGaps({ connection });
  const due = createDueSet({ connection });
  const ledger = createLedger({ connection });

  /** Whoever sealed the copy with a key that is not ours is another sync, whose URLs would answer 404 were ours published in their place. */
  function stampOfCopy(texts: ReadonlyMap<string, string>): Stamp | null {
    try {
      for (const sealed of texts.values()) seal.open(sealed);
      return stampOf(texts, seal);
    } catch (error) {
      throw new ConfigError(FOREIGN, { cause: error });
    }
  }

  function isBehind({ stamp, files }: VaultContents, copy: Stamp | null): boolean {
    if (copy === null) return false;
    if (stamp === null) return files.size === 0;
    return stamp.name === copy.name && stamp.changes < copy.changes;
  }

  /** The oldest of what is in flight or due, which an emptied Redis would lose; null when there is nothing. */
  async function oldestMs(source: string): Promise<number | null> {
    const times = await Promise.all([ledger.oldestMs(source), due.oldestMs(source)]);
    const known = times.filter((ms) => ms !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  /** A sink that was restored has lost what was applied since: it is read again from its watermarks. */
  async function openGapsOfRestore(contents: VaultContents, knownMs: number | null): Promise<void> {
    if (knownMs === null || contents.seen === null || contents.seen.seenMs >= knownMs) return;
    // Processes remember side by side, first in the vault: read after Redis it is never behind, unless it was set back.
    const { files, seen } = await vault.read();
    if (seen === null || seen.seenMs >= knownMs) return;
    log("the sink of SINK_URL was set back; what came since is read again", { toMs: seen.seenMs });
    for (const { source } of files.values()) {
      if (source.sinkUrl === null) await gaps.open(source.name, SINK_RESTORED, seen.seenMs);
    }
  }

  return {
    async ofRedis({ files, seen, gaps: known }) {
      for (const { source } of files.values()) {
        // From the oldest event that was in flight at the last look, else from that look: what came earlier was settled.
        const lastMs = seen?.oldestMs[source.name] ?? seen?.seenMs ?? 0;
        const fromMs = Math.max(lastMs, source.createdMs);
        await gaps.restore(source.name, known.get(source.name) ?? []);
        await gaps.open(source.name, QUEUE_LOST, fromMs);
        await due.lose(source.name, fromMs);
      }
    },
    isVaultBehind: async (contents) => isBehind(contents, stampOfCopy(await publication.texts())),
    async recoverVault() {
      const texts = await publication.texts();
      if (!isBehind(await vault.read(), stampOfCopy(texts))) return false;
      await vault.replace(texts);
      log("the sink of SINK_URL lacked sources, or what changed of them; Redis still had it, sealed", {});
      return true;
    },
    async note(contents) {
      const [seconds, micros] = await ask(connection.client.time());
      const seenMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
      const oldest: Record<string, number> = {};
      const changed: (() => Promise<void>)[] = [];
      for (const name of contents.files.keys()) {
        const ms = await oldestMs(name);
        if (ms !== null) oldest[name] = ms;
        const listed = await gaps.list(name);
        const isNew = JSON.stringify(listed) !== JSON.stringify(contents.gaps.get(name) ?? []);
        if (isNew) changed.push(() => vault.putGaps(name, listed));
      }
      const knownMs = await publication.seenMs();
      // Asked last: a Redis that was emptied meanwhile has no marker, and what it said is not kept.
      if (!(await publication.stands())) return false;
      await openGapsOfRestore(contents, knownMs);
      for (const put of changed) await put();
      await vault.putSeen({ seenMs, oldestMs: oldest });
      await publication.putSeen(seenMs);
      return true;
    },
  };
}
