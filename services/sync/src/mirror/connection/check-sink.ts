import { ConfigError } from "@deskmirror/model";
import type { Sink, Table, TableOwner } from "@deskmirror/model";
import { fail, ok, said } from "./check.ts";
import type { Check } from "./check.ts";

/** What judging a sink needs. */
export interface SinkParts {
  /** Opens it anew: a connection that is open already may be allowed what a new one is not. */
  readonly openSink: () => Promise<Sink>;
  /** Tables that are to be written. */
  readonly tables: readonly Table[];
  readonly owner: TableOwner;
}

const SINK = "sink";
const place = "Let sync reach it, and its user create and write in it; see the message.";

/** Judges whether the sink is there, may be written, and has the place for our tables. */
export async function checkSink({ openSink, tables, owner }: SinkParts): Promise<Check> {
  let sink: Sink;
  try {
    sink = await openSink();
  } catch (error) {
    return fail(SINK, said(error), error instanceof ConfigError ? "Correct the sink's URL or what it names." : place);
  }
  try {
    await sink.prepare(tables, owner);
    return ok(SINK, "May be written.");
  } catch (error) {
    const taken = "PATCH sinkUrl to another sink, or create the source under another name.";
    return fail(SINK, said(error), error instanceof ConfigError ? taken : place);
  } finally {
    await sink.close();
  }
}
