/** Books on a disk: a file of SQLite, or a database of a server; they can be copied, and the copy put back. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { PostgresDatabase } from "../../../src/adapters/store/dialect/postgres/server-settings.ts";
import { openPostgresStore } from "../../../src/adapters/store/postgres-store.ts";
import { openSqliteStore } from "../../../src/adapters/store/sqlite-store.ts";
import type { OpenedStore } from "../../../src/adapters/store/store.ts";
import type { Random } from "../../../src/application/ports/runtime.ts";
import { sql } from "../../support/postgres-server.ts";
import { type Place, withTables } from "../../support/raw-tables.ts";
import type { Activity } from "../perilous-ports.ts";

export type Disk = {
  readonly place: Place;
  open(): Promise<OpenedStore>;
  /** @returns how to put the copy back, while nobody has the books open */
  copy(): Promise<() => Promise<void>>;
  close(): Promise<void>;
};

type Options = { readonly random: Random; readonly now: Date };

export function diskInFile({ random, now }: Options): Disk {
  const folder = mkdtempSync(path.join(tmpdir(), "puntual-books-"));
  const place = path.join(folder, "books.db");
  let copies = 0;
  return {
    place,
    open: () =>
      openSqliteStore({
        ...{ random, now, databasePath: place, exclusive: false, access: "make" },
        // No power is cut here, and waiting for a disk would take time that does not pass.
        syncFile: () => Promise.resolve(),
      }),
    copy: async () => {
      copies += 1;
      const copyPath = path.join(folder, `copy-${copies}.db`);
      // Between two statements both files together hold exactly what was committed.
      copyBoth(place, copyPath);
      return async () => {
        for (const end of ["-wal", "-shm"]) rmSync(`${place}${end}`, { force: true });
        copyBoth(copyPath, place);
      };
    },
    close: async () => rmSync(folder, { recursive: true }),
  };
}

function copyBoth(from: string, to: string): void {
  for (const end of ["", "-wal"]) if (existsSync(`${from}${end}`)) copyFileSync(`${from}${end}`, `${to}${end}`);
}

/** A node says that it lives by the server's clock, which is not the life's. */
const NODE_LEASE_MS = 86_400_000;

/** What was in it before is gone. */
export async function diskOnServer(
  place: PostgresDatabase,
  { random, now, activity }: Options & { readonly activity: Activity },
): Promise<Disk> {
  const tables = async () =>
    (await withTables(place, (each) => each.names())).filter((name) => !name.includes("migrations"));
  const emptied = async () => {
    const names = await tables();
    return names.length === 0 ? "" : `truncate ${names.join(", ")} cascade`;
  };
  await sql(place, `drop schema if exists copies cascade; create schema copies; ${await emptied()}`);
  let copies = 0;
  return {
    place,
    async open() {
      const store = await openPostgresStore({
        ...{ database: place, random, now, exclusive: false, access: "make", leaseMs: NODE_LEASE_MS },
      });
      return counted(
        {
          ...store,
          async takeOver(ownerId: string) {
            // One process lives at a time, as from a file.
            await sql(place, "update node set alive_until = 0");
            return await store.takeOver(ownerId);
          },
        },
        activity,
      );
    },
    async copy() {
      copies += 1;
      const [number, names] = [copies, await tables()];
      const copyOf = (name: string) => `copies.${name}_${number}`;
      await sql(place, names.map((name) => `create table ${copyOf(name)} as table ${name}`).join("; "));
      return async () => {
        const filled = names.map((name) => `insert into ${name} select * from ${copyOf(name)}`);
        const all = ["set local session_replication_role = replica", await emptied(), ...filled];
        await sql(place, `begin; ${all.join("; ")}; commit`);
      };
    },
    close: async () => {},
  };
}

/** Each call of it is something that runs. */
function counted<Port extends object>(port: Port, activity: Activity): Port {
  return Object.fromEntries(
    Object.entries(port).map(([name, member]: [string, unknown]) => {
      if (typeof member === "object" && member !== null) return [name, counted(member, activity)];
      if (typeof member !== "function") return [name, member];
      return [name, (...parameters: unknown[]) => runs(activity, () => Reflect.apply(member, port, parameters))];
    }),
  ) as Port;
}

function runs(activity: Activity, call: () => unknown): unknown {
  const answer = call();
  if (!(answer instanceof Promise)) return answer;
  activity.began += 1;
  activity.running += 1;
  return answer.finally(() => {
    activity.running -= 1;
  });
}
