/**
 * What a power cut leaves of the books, at the moment in which the gateway has a charge: the file, and of its journal what the
 * disk had acknowledged. What was on its way there is cut off.
 */
import { copyFileSync, fdatasync, fstatSync, mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { openApp } from "../support/app-fixture.ts";
import { paid } from "../support/scripted-gateway.ts";

const folder = mkdtempSync(path.join(tmpdir(), "puntual-power-cut-"));
afterAll(() => rmSync(folder, { recursive: true }));

const sync = promisify(fdatasync);
const CUSTOMERS = Array.from({ length: 40 }, (_, at) => `s${String(at).padStart(2, "0")}`);

/** A disk of which it is known how much of the journal it has acknowledged. */
function acknowledgingDisk() {
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    async syncFile(descriptor: number): Promise<void> {
      // What is written while the disk is busy may be left out.
      const { size } = fstatSync(descriptor);
      await sync(descriptor);
      bytes = size;
    },
  };
}

/** Its sync is said to be done before it is. */
function lyingDisk() {
  return { bytes: 0, syncFile: (): Promise<void> => Promise.resolve() };
}

let cuts = 0;

/** The state in which the books that are left know an attempt; null: they do not know it. */
function stateLeft(databasePath: string, journalBytes: number, reference: string): string | null {
  const copy = path.join(folder, `${(cuts += 1)}.db`);
  copyFileSync(databasePath, copy);
  copyFileSync(`${databasePath}-wal`, `${copy}-wal`);
  truncateSync(`${copy}-wal`, journalBytes);
  const books = new Database(copy);
  try {
    const known = books.prepare("select name from sqlite_master where name = 'attempt'").get();
    if (known === undefined) return null;
    const row = books.prepare("select state from attempt where reference = ?").get(reference);
    return (row as { readonly state: string } | undefined)?.state ?? null;
  } finally {
    books.close();
  }
}

async function statesLeftOn(disk: ReturnType<typeof acknowledgingDisk> | ReturnType<typeof lyingDisk>) {
  await using app = await openApp({
    env: { CHARGE_CONCURRENCY: "8" },
    syncFile: (descriptor) => disk.syncFile(descriptor),
  });
  for (const id of CUSTOMERS) await app.subscribe(id);
  const left: (string | null)[] = [];
  app.gateway.answer = (intent, orderId) => {
    left.push(stateLeft(app.databasePath, disk.bytes, intent.reference));
    return paid(intent, orderId);
  };
  await app.run();
  return left;
}

describe("I3: no byte of a charge leaves before a power cut would leave its `sending` row", () => {
  test("on a disk that says when it is done", async () => {
    expect(await statesLeftOn(acknowledgingDisk())).toEqual(CUSTOMERS.map(() => "sending"));
  });

  test("on one that says so before it is, the row is lost: this test can fail", async () => {
    expect(await statesLeftOn(lyingDisk())).not.toContain("sending");
  });
});
