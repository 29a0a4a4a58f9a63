/** The books of one life, in memory alone or on SQLite beside it, and a backup of them that can be put back. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { seededRandom } from "../../src/adapters/random.ts";
import type { OpenedStore } from "../../src/adapters/store/store.ts";
import { openSqliteStore } from "../../src/adapters/store/sqlite-store.ts";
import type { Random } from "../../src/application/ports/runtime.ts";
import { newsOf, type BooksNews } from "./books-view.ts";
import type { Report } from "./checks/violation.ts";
import { bothStores } from "./lockstep/both-stores.ts";
import { tablesCompared, type TablesCompared } from "./lockstep/tables.ts";
import { snapshotOf } from "./memory-store/snapshot.ts";
import { openMemoryStore, type MemoryStore } from "./memory-store/memory-store.ts";
import type { BookPorts } from "./perilous-ports.ts";

export type OpenBooks = {
  readonly ports: BookPorts;
  /** In lockstep they hold what SQLite holds. */
  readonly memory: MemoryStore;
  readonly news: BooksNews;
  /** In lockstep: the store that also keeps deliveries and stories. */
  readonly sqlite: (() => OpenedStore) | null;
  /** In lockstep: the first difference between the stores is a violation. */
  compare(): void;
  /** Copies the books as they are now. @returns how to put the copy back; nobody may be using them then */
  backUp(): () => Promise<void>;
  close(): Promise<void>;
};

type Options = {
  readonly seed: number;
  readonly store: "memory" | "lockstep";
  readonly report: Report;
  /** In lockstep the tables are compared after each call that writes, and not after each day. */
  readonly isWatchedClosely: boolean;
};

export async function openBooks(
  { seed, store, report, isWatchedClosely }: Options,
  startMs: number,
): Promise<OpenBooks> {
  const now = new Date(startMs);
  const random = store === "memory" ? seededRandom(seed) : countedIds(seed);
  const memory = openMemoryStore({ random, now });
  const { inbox, sweep, refunds } = memory;
  const inMemory: OpenBooks = {
    ports: { store: memory, inbox, sweep, refunds },
    ...{ memory, news: newsOf(memory), compare: () => {}, sqlite: null },
    backUp: () => {
      const putBack = snapshotOf(memory.tables);
      return async () => putBack();
    },
    close: async () => {},
  };
  return store === "memory"
    ? inMemory
    : await openBoth(inMemory, { random: countedIds(seed), now, report, isWatchedClosely });
}

/** The same books on SQLite, in a file, since only a file can be read past the program, and put back. */
async function openBoth(
  inMemory: OpenBooks,
  {
    random,
    now,
    report,
    isWatchedClosely,
  }: Pick<Options, "report" | "isWatchedClosely"> & {
    readonly random: Random;
    readonly now: Date;
  },
): Promise<OpenBooks> {
  const folder = mkdtempSync(path.join(tmpdir(), "puntual-books-"));
  const databasePath = path.join(folder, "books.db");
  const options = { random, now, databasePath, exclusive: false, access: "make" } as const;
  // No power is cut here, and waiting for a disk would take time that does not pass.
  const open = async () => await openSqliteStore({ ...options, syncFile: () => Promise.resolve() });
  let current: OpenedStore = await open();
  let compared: TablesCompared = tablesCompared(databasePath, inMemory.memory.tables);
  let copies = 0;
  const onSqlite: BookPorts = {
    store: standingFor(() => current),
    inbox: standingFor(() => current.inbox),
    sweep: standingFor(() => current.sweep),
    refunds: standingFor(() => current.refunds),
  };
  const both = bothStores(
    ...([inMemory.ports, onSqlite] as const),
    (what) => report("lockstep", what),
    isWatchedClosely ? compare : null,
  );

  function compare(): void {
    const found = compared.compare();
    if (found !== null) report("lockstep", `${found}\n  after ${both.lastCalls.join("\n  after ")}`);
  }

  return {
    ...inMemory,
    ports: both.ports,
    sqlite: () => current,
    compare,
    backUp: () => {
      copies += 1;
      const copyPath = path.join(folder, `copy-${copies}.db`);
      // Between two statements both files together hold exactly what was committed.
      copyBoth(databasePath, copyPath);
      const putBackInMemory = inMemory.backUp();
      return async () => {
        await putBackInMemory();
        compared.close();
        await current.close();
        for (const end of ["-wal", "-shm"]) rmSync(`${databasePath}${end}`, { force: true });
        copyBoth(copyPath, databasePath);
        current = await open();
        compared = tablesCompared(databasePath, inMemory.memory.tables);
      };
    },
    close: async () => {
      compared.close();
      await current.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The same ids in both stores, though one of them draws more chance than the other. */
function countedIds(seed: number): Random {
  const chance = seededRandom(seed);
  const made: Record<string, number> = {};
  return {
    fraction: () => chance.fraction(),
    newId: (prefix) => {
      const number = (made[prefix] = (made[prefix] ?? 0) + 1);
      return `${prefix}_${String(number).padStart(9, "0")}`;
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
