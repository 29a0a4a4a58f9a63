/** Working inside a program's transaction: which one is taken, and what is said in it. On a server that only answers. */
import { describe, expect, test } from "@jest/globals";
import { ANSWERING, answeringServer } from "../../../../../test/support/answering-server.ts";
import { run } from "../sql.ts";
import { openWithin } from "./open-server.ts";
import { mustBeOpen, type OpenTransaction } from "./open-transaction.ts";

/** @param found what the database says of itself @param fails at the first savepoint */
function transaction(found: object, fails: Error | null = null): { readonly said: string[] } & OpenTransaction {
  const said: string[] = [];
  return {
    said,
    async query({ text }) {
      said.push(text);
      if (fails !== null && text.startsWith("savepoint")) throw fails;
      const rows = text.startsWith("select") ? [found] : [];
      return { rows, rowCount: rows.length, command: "" };
    },
  };
}

describe("a transaction that is handed in", () => {
  const OPEN = { database: "books", isolation: "read committed" };

  test("is looked at, left as it was, and may be silent for no longer than 15 seconds", async () => {
    const given = transaction(OPEN);
    await mustBeOpen(given, "books");
    expect(given.said).toEqual([
      "savepoint puntual",
      "release savepoint puntual",
      "select current_database() as database, current_setting('transaction_isolation') as isolation",
      "set local idle_in_transaction_session_timeout = '15s'",
      "set local lock_timeout = '10s'",
    ]);
  });

  test.each<[found: object, fails: Error | null, said: string, because: string]>([
    [OPEN, Object.assign(new Error("x"), { code: "25P01" }), "send begin on it first", "nothing was begun"],
    [OPEN, Object.assign(new Error("gone"), { code: "57P01" }), "gone", "that is another fault, told as it is"],
    [{ ...OPEN, database: "others" }, null, "one of the database others; databaseUrl names books", "others' books"],
    [{ ...OPEN, isolation: "serializable" }, null, "is serializable", "it would not see what others write"],
  ])("%j is not taken: %s", async (found, fails, said) => {
    const given = transaction(found, fails);
    await expect(mustBeOpen(given, "books")).rejects.toThrow(said);
    expect(given.said.some((text) => text.startsWith("set"))).toBe(false);
  });

  test.each<[found: Readonly<Record<string, unknown>>, said: string, because: string]>([
    [{}, "taken", "a server that is fit"],
    [{ version: "150004" }, "taken", "the oldest that is taken"],
    [{ version: "149999" }, "is PostgreSQL 14; Puntual needs 15 or newer", "too old"],
    [{ encoding: "SQL_ASCII" }, "is encoded as SQL_ASCII", "names would be damaged"],
    [{ is_standby: true }, "is a standby, which is read-only", "nobody may be charged from it"],
    [{ read_only: "on" }, "is read-only", "nobody may be charged from it"],
  ])("of a server that says %j: %s (%s)", async (found, said) => {
    const told = await answeringServer(() => [], found).then(
      () => "taken",
      (error: Error) => error.message,
    );
    expect(told).toContain(said);
  });

  test("fails in words of the server's where it is lost meanwhile", async () => {
    const lost = Object.assign(new Error("x"), { code: "57P01" });
    const given: OpenTransaction = {
      async query({ text }) {
        if (text.includes("server_version_num")) throw lost;
        const rows = text.startsWith("select") ? [OPEN] : [];
        return { rows, rowCount: rows.length, command: "" };
      },
    };
    await expect(openWithin(given, ANSWERING)).rejects.toMatchObject({ name: "DatabaseUnusable", isOfServer: true });
  });
});

describe("each of our transactions is a savepoint", () => {
  test("released where it ends well, taken back where not, and never the program's commit", async () => {
    const { orm, said } = await answeringServer(() => []);
    await orm.em.fork().transactional(async (em) => void (await run(em, "update plan set name = 'x'")));
    expect(said).toEqual(["savepoint puntual", "update plan set name = 'x'", "release savepoint puntual"]);
    said.length = 0;
    const bug = new Error("a bug");
    await expect(orm.em.fork().transactional(async () => await Promise.reject(bug))).rejects.toThrow(bug);
    expect(said).toEqual(["savepoint puntual", "rollback to savepoint puntual", "release savepoint puntual"]);
  });

  test("one after the other, also after one that could not begin, or not be taken back", async () => {
    const left: (Error | null)[] = [];
    const { orm, said } = await answeringServer((text) => {
      if (/^(savepoint|rollback)/.test(text)) {
        const fails = left.shift() ?? null;
        if (fails !== null) throw fails;
      }
      return [];
    });
    left.push(new Error("no savepoint"), null, new Error("no rollback"));
    const write = async (name: string, fails = false) =>
      await orm.em.fork().transactional(async (em) => {
        await run(em, `update plan set name = '${name}'`);
        if (fails) throw new Error("a bug");
      });
    const ends = await Promise.allSettled([write("a"), write("b", true), write("c"), write("d")]);
    expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled", "fulfilled"]);
    expect(said).toEqual([
      "savepoint puntual",
      ...["savepoint puntual", "update plan set name = 'b'", "rollback to savepoint puntual"],
      ...["savepoint puntual", "update plan set name = 'c'", "release savepoint puntual"],
      ...["savepoint puntual", "update plan set name = 'd'", "release savepoint puntual"],
    ]);
  });
});
