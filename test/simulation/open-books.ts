/** The books of one life, in memory or on SQLite, and a backup of them that can be put back. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { seededRandom } from "../../src/adapters/random.ts";
import { openSqliteStore, type SqliteStore } from "../../src/adapters/store/store.ts";
import { newsOf, wholeBooks, type BooksNews } from "./books-view.ts";
import { snapshotOf } from "./memory-store/snapshot.ts";
import { openMemoryStore, type MemoryStore } from "./memory-store/memory-store.ts";
import type { BookPorts } from "./perilous-ports.ts";

export type OpenBooks = {
  readonly ports: BookPorts;
  /** null: they are on SQLite. */
  readonly memory: MemoryStore | null;
  readonly news: BooksNews;
  /** Copies the books as they are now. @returns how to put the copy back; nobody may be using them then */
  backUp(): () => Promise<void>;
  close(): Promise<void>;
};

type Options = {
  readonly seed: number;
  readonly store: "memory" | "sqlite";
  readonly mayBeRestored: boolean;
};

export async function openBooks({ seed, store, mayBeRestored }: Options, startMs: number): Promise<OpenBooks> {
  const random = seededRandom(seed);
  const now = new Date(startMs);
  if (store === "sqlite")
    return await openSqliteBooks({ random, now, exclusive: false, access: "make" }, mayBeRestored);
  const memory = openMemoryStore({ random, now });
  const { inbox, sweep, refunds } = memory;
  return {
    ports: { store: memory, inbox, sweep, refunds },
    memory,
    news: newsOf(memory),
    backUp: () => {
      const putBack = snapshotOf(memory.tables);
      return async () => putBack();
    },
    close: async () => {},
  };
}

type SqliteOptions = Omit<Parameters<typeof openSqliteStore>[0], "databasePath">;

async function openSqliteBooks(options: SqliteOptions, mayBeRestored: boolean): Promise<OpenBooks> {
  // A file costs time at every commit, and only a file can be put back.
  const folder = mayBeRestored ? mkdtempSync(path.join(tmpdir(), "puntual-books-")) : null;
  const databasePath = folder === null ? ":memory:" : path.join(folder, "books.db");
  const open = async () => await openSqliteStore({ ...options, databasePath });
  let current: SqliteStore = await open();
  let copies = 0;
  const ports: BookPorts = {
    store: standingFor(() => current),
    inbox: standingFor(() => current.inbox),
    sweep: standingFor(() => current.sweep),
    refunds: standingFor(() => current.refunds),
  };
  return {
    ports,
    memory: null,
    news: wholeBooks(ports.store),
    backUp: () => {
      copies += 1;
      const copyPath = path.join(folder ?? "", `copy-${copies}.db`);
      // Between two statements both files together hold exactly what was committed.
      copyBoth(databasePath, copyPath);
      return async () => {
        await current.close();
        for (const end of ["-wal", "-shm"]) rmSync(`${databasePath}${end}`, { force: true });
        copyBoth(copyPath, databasePath);
        current = await open();
      };
    },
    close: async () => {
      await current.close();
      if (folder !== null) rmSync(folder, { recursive: true });
    },
  };
}

function copyBoth(from: string, to: string): void {
  for (const end of ["", "-wal"]) if (existsSync(`${from}${end}`)) copyFileSync(`${from}${end}`, `${to}${end}`);
}

/** Whoever holds it works on the present books, also after a backup was put back. */
function standingFor<Port extends object>(present: () => Port): Port {
  const methods = Object.entries(present()).filter(([, member]) => typeof member === "function");
  return Object.fromEntries(
    methods.map(([name]) => [
      name,
      (...parameters: unknown[]): unknown =>
        (present() as Record<string, (...all: unknown[]) => unknown>)[name]?.(...parameters),
    ]),
  ) as Port;
}
