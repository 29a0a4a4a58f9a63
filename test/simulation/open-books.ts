/** The books of one life, in memory alone or on a disk beside it, and a backup of them that can be put back. */
import { seededRandom } from "../../src/adapters/random.ts";
import type { OpenedStore } from "../../src/adapters/store/store.ts";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";
import type { Random } from "../../src/application/ports/runtime.ts";
import { newsOf, type BooksNews } from "./books-view.ts";
import type { Report } from "./checks/violation.ts";
import { bothStores } from "./lockstep/both-stores.ts";
import { diskInFile, diskOnServer, type Disk } from "./lockstep/disk.ts";
import { tablesCompared, type TablesCompared } from "./lockstep/tables.ts";
import { snapshotOf } from "./memory-store/snapshot.ts";
import { openMemoryStore, type MemoryStore } from "./memory-store/memory-store.ts";
import type { Activity, BookPorts } from "./perilous-ports.ts";

export type OpenBooks = {
  readonly ports: BookPorts;
  /** In lockstep they hold what is on disk. */
  readonly memory: MemoryStore;
  readonly news: BooksNews;
  /** In lockstep: the store that also keeps deliveries and stories. */
  readonly onDisk: (() => OpenedStore) | null;
  /** In lockstep: the first difference between the stores is a violation. */
  compare(): Promise<void>;
  /** Copies the books as they are now. @returns how to put the copy back; nobody may be using them then */
  backUp(): () => Promise<void>;
  close(): Promise<void>;
};

type Options = {
  readonly seed: number;
  readonly store: "memory" | "lockstep";
  /** In lockstep: on this database, emptied; null: on a file of SQLite. */
  readonly server: PostgresDatabase | null;
  /** Of a server's calls nobody knows how long they take: they are counted. */
  readonly activity: Activity;
  readonly report: Report;
  /** In lockstep the tables are compared after each call that writes, and not after each day. */
  readonly isWatchedClosely: boolean;
};

export async function openBooks(options: Options, startMs: number): Promise<OpenBooks> {
  const { seed, store, server, activity } = options;
  const now = new Date(startMs);
  const random = store === "memory" ? seededRandom(seed) : countedIds(seed);
  const memory = openMemoryStore({ random, now });
  const { inbox, sweep, refunds } = memory;
  const inMemory: OpenBooks = {
    ports: { store: memory, inbox, sweep, refunds },
    ...{ memory, news: newsOf(memory), compare: async () => {}, onDisk: null },
    backUp: () => {
      const putBack = snapshotOf(memory.tables);
      return async () => putBack();
    },
    close: async () => {},
  };
  if (store === "memory") return inMemory;
  const ids = countedIds(seed);
  const disk =
    server === null ? diskInFile({ random: ids, now }) : await diskOnServer(server, { random: ids, now, activity });
  return await openBoth(inMemory, disk, options);
}

/** The same books on a disk, where they can be read past the program, and put back. */
async function openBoth(
  inMemory: OpenBooks,
  disk: Disk,
  { report, isWatchedClosely }: Pick<Options, "report" | "isWatchedClosely">,
): Promise<OpenBooks> {
  let current: OpenedStore = await disk.open();
  let compared: TablesCompared = await tablesCompared(disk.place, inMemory.memory.tables);
  const onDisk: BookPorts = {
    store: standingFor(() => current),
    inbox: standingFor(() => current.inbox),
    sweep: standingFor(() => current.sweep),
    refunds: standingFor(() => current.refunds),
  };
  const both = bothStores(
    inMemory.ports,
    onDisk,
    (what) => report("lockstep", what),
    isWatchedClosely ? compare : null,
  );

  async function compare(): Promise<void> {
    const found = await compared.compare();
    if (found !== null) report("lockstep", `${found}\n  after ${both.lastCalls.join("\n  after ")}`);
  }

  return {
    ...inMemory,
    ports: both.ports,
    onDisk: () => current,
    compare,
    backUp: () => {
      const copied = both.alone(async () => ({ putBackInMemory: inMemory.backUp(), putBack: await disk.copy() }));
      return async () => {
        const { putBackInMemory, putBack } = await copied;
        await putBackInMemory();
        await compared.close();
        await current.close();
        await putBack();
        current = await disk.open();
        compared = await tablesCompared(disk.place, inMemory.memory.tables);
      };
    },
    close: async () => {
      await compared.close();
      await current.close();
      await disk.close();
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
