/**
 * Hints between the processes that share a server: who puts something up for the next run says so when it commits, and those
 * that charge look within a second.
 *
 * Only hints: what nobody hears, behind a pooler for instance, is found at the next tick. Heard on a connection of its own.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Orm } from "../mapper.ts";
import { all, type Connected } from "../sql.ts";
import type { Writes } from "../writes.ts";

export type Ear = {
  readonly onHint: () => void;
  /** Once, until they are heard again. */
  readonly onFault: (error: unknown) => void;
};

export type Hints = {
  readonly give: (em: Connected) => Promise<void>;
  /** Until it is disposed of. */
  readonly hear: (ear: Ear) => Disposable;
};

const CHANNEL = "puntual_hint";
const WAITS_MS = [500, 5_000, 30_000];

/** What is used of a client of node-postgres. */
type Client = {
  connect(): Promise<unknown>;
  query(text: string): Promise<unknown>;
  end(): Promise<unknown>;
  on(event: "notification" | "error" | "end", heard: () => void): void;
};
type Pool = { readonly Client: new (options: unknown) => Client; readonly options: unknown };

/** @param explain the server's error in words */
export function serverHints(orm: Orm, explain: (error: unknown) => unknown): Hints {
  return {
    give: async (em) => void (await all(em, `select pg_notify('${CHANNEL}', '')`)),
    hear(ear) {
      const stopping = new AbortController();
      void listen(orm, { ...ear, onFault: (error) => ear.onFault(explain(error)) }, stopping.signal);
      return { [Symbol.dispose]: () => stopping.abort() };
    },
  };
}

/** What a person does, or a program for one, is said when it commits; a run's own writes are not. */
export function saying(hints: Hints | null, writes: Writes, isSaid: () => boolean): Writes {
  if (hints === null) return writes;
  async function told<T>(em: Connected, written: Promise<T>): Promise<T> {
    const result = await written;
    if (isSaid()) await hints?.give(em);
    return result;
  }
  return {
    ...writes,
    alone: (work) => writes.alone((em, isAgain) => told(em, work(em, isAgain))),
    mapped: (work) => writes.mapped((mapper) => told(mapper, work(mapper))),
  };
}

async function listen(orm: Orm, { onHint, onFault }: Ear, signal: AbortSignal): Promise<void> {
  let faults = 0;
  let wasHeard = false;
  while (!signal.aborted) {
    try {
      await listenOnce(orm, signal, onHint, () => {
        faults = 0;
        // What was said while nobody listened.
        if (wasHeard) onHint();
        wasHeard = true;
      });
    } catch (error) {
      faults += 1;
      if (faults === 1 && !signal.aborted) onFault(error);
    }
    await sleep(WAITS_MS[Math.min(faults, WAITS_MS.length - 1)], null, { signal }).catch(() => {});
  }
}

/** Until the connection is lost, or the signal. */
async function listenOnce(orm: Orm, signal: AbortSignal, onHint: () => void, onHeard: () => void): Promise<void> {
  const connection = orm.em.getConnection() as unknown as { getNativeClient(): Promise<Pool> };
  const { Client, options } = await connection.getNativeClient();
  const client = new Client(options);
  const over = Promise.withResolvers<void>();
  for (const event of ["error", "end"] as const) client.on(event, over.resolve);
  signal.addEventListener("abort", () => over.resolve(), { once: true });
  try {
    await client.connect();
    client.on("notification", onHint);
    await client.query(`listen ${CHANNEL}`);
    onHeard();
    if (!signal.aborted) await over.promise;
  } finally {
    // A connection that is lost may never say that it has ended.
    void client.end().catch(() => {});
  }
}
