/** What a customer agreed to is proof: neither database lets anybody change it or take it away. */
import { rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { seededRandom } from "../../src/adapters/random.ts";
import { openPostgresStore } from "../../src/adapters/store/postgres-store.ts";
import { openSqliteStore } from "../../src/adapters/store/sqlite-store.ts";
import type { OpenedStore } from "../../src/adapters/store/store.ts";
import { type Consent, mustBeConsent } from "../../src/domain/consent.ts";
import { InputInvalid } from "../../src/domain/errors.ts";
import { temporaryFolder } from "../support/new-database.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";
import { fill, later, NOW, subscriptionOf } from "../support/records.ts";
import { CONSENT } from "./consent-conformance.ts";

type Books = { readonly store: OpenedStore; readonly run: (text: string) => Promise<void> };
const folder = temporaryFolder();
const books: Record<string, Books> = {};
let server: PostgresServer;

beforeAll(async () => {
  const options = { random: seededRandom(1), now: NOW, exclusive: false, access: "make" } as const;
  const databasePath = path.join(folder, "books.db");
  const sqlite = await openSqliteStore({ ...options, databasePath });
  const db = new Database(databasePath);
  books["sqlite"] = { store: sqlite, run: async (text) => void db.exec(text) };
  server = await startPostgres();
  const database = await server.newDatabase();
  const postgres = await openPostgresStore({ ...options, database, leaseMs: 60_000 });
  books["postgres"] = { store: postgres, run: async (text) => void (await sql(database, text)) };
  for (const { store } of Object.values(books)) {
    await fill(store, { subscriptions: [subscriptionOf("a")] });
    await store.write(NOW, async (records) => records.addConsent(CONSENT));
  }
}, 60_000);
afterAll(async () => {
  for (const { store } of Object.values(books)) await store.close();
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(["sqlite", "postgres"])("%s", (which) => {
  test.each(["update consent set text = 'otro'", "update consent set address_hash = null", "delete from consent"])(
    "refuses: %s",
    async (text) => {
      const { store, run } = books[which]!;
      const before = await store.list("consents", {});
      await expect(run(text)).rejects.toThrow("a consent is never changed or taken away");
      expect(await store.list("consents", {})).toEqual(before);
    },
  );
});

describe("what is no consent", () => {
  // prettier-ignore
  test.each<[change: Partial<Consent>, where: string, because: string]>([
    [{ version: " " },                 "version",      "which text it was is known"],
    [{ version: "v".repeat(101) },     "version",      "it is a name, not the text"],
    [{ text: "\n" },                   "text",         "nobody agreed to nothing"],
    [{ text: "t".repeat(50_001) },     "text",         "it is kept whole, within reason"],
    [{ amountCents: 0.5 },             "amount_cents", "cents are whole"],
    [{ amountCents: -1 },              "amount_cents", "nobody agrees to be paid"],
    [{ consentedAt: later(1) },        "consented_at", "nobody agreed yet"],
    [{ consentedAt: new Date("no") },  "consented_at", "it is an instant"],
  ])("%j: %s, since %s", (change, where) => {
    expect(() => mustBeConsent({ ...CONSENT, ...change }, NOW)).toThrow(InputInvalid);
    expect(() => mustBeConsent({ ...CONSENT, ...change }, NOW)).toThrow(where);
  });

  test("control: this one is", () => {
    expect(() => mustBeConsent(CONSENT, NOW)).not.toThrow();
  });
});
