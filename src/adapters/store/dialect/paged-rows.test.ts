/** Rows read page by page: what a page holds, where it ends, and whose cursor it takes. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { isoInstant, isoInstantOrNull, text, whole, wholeOrNull } from "./codec.ts";
import type { Sieve } from "../../../application/ports/listings.ts";
import { openDatabase } from "./open-database.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { allRows, equals, pageOfRows, type RowSource, within } from "./paged-rows.ts";
import { batch, run } from "./sql.ts";

type Row = { id: string; sum: number; at: string; paid: string | null; note: number | null };

const SOURCE: RowSource<Row> = {
  name: "rows",
  from: "paged",
  columns: {
    id: ["paged.id", text],
    sum: ["paged.sum", whole],
    at: ["paged.at", isoInstant],
    paid: ["paged.paid_at", isoInstantOrNull],
    note: ["paged.note", wholeOrNull],
  },
  order: { by: ["paged.sum", "paged.id"], direction: "asc" },
};
const DOWN: RowSource<Row> = { ...SOURCE, order: { ...SOURCE.order, direction: "desc" } };

let connection: SqliteConnection;
beforeAll(async () => {
  connection = openDatabase(":memory:", "make");
  await run(connection, "create table paged (id text, sum int, at int, paid_at int, note int)");
  // Two of each sum, so that a page that ends between them goes on by the id.
  await run(
    connection,
    `insert into paged (id, sum, at, paid_at, note)
     select j.id, j.sum, j.at, j.paid_at, j.note
     from rows(?: id text, sum int, at int, paidAt int, note int) j`,
    [
      batch(
        ["a", "b", "c", "d", "e"].map((id, n) => ({
          ...{ id, sum: Math.floor(n / 2), at: n * 1000, paidAt: n === 0 ? 7000 : null, note: n === 1 ? 5 : null },
        })),
      ),
    ],
  );
});
afterAll(async () => await connection.close());

const ids = (rows: readonly Row[]) => rows.map(({ id }) => id).join("");

type Keeps = ((row: Row) => boolean) | null;
const sieve = (keeps: Keeps): Sieve<Row> | null => keeps && { by: ["id", "sum"], keeps };

/** Every page, until there is none. */
async function pages(source: RowSource<Row>, limit: number, keeps: Keeps = null) {
  const found: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await pageOfRows(
      connection,
      source,
      [],
      { limit, ...(cursor !== undefined && { cursor }) },
      sieve(keeps),
    );
    found.push(ids(page.rows));
    if (page.nextCursor === null) return found;
    cursor = page.nextCursor;
  }
}

describe("a page", () => {
  test("holds rows as their codecs read them", async () => {
    expect(await allRows(connection, SOURCE, [equals(SOURCE, "id", "a")])).toEqual([
      { id: "a", sum: 0, at: "1970-01-01T00:00:00.000Z", paid: "1970-01-01T00:00:07.000Z", note: null },
    ]);
  });

  test.each<[source: RowSource<Row>, limit: number, wanted: string[], because: string]>([
    [SOURCE, 2, ["ab", "cd", "e"], "the last is not full"],
    [SOURCE, 3, ["abc", "de"], "a page may end between two of one sum"],
    [SOURCE, 5, ["abcde"], "all there are: no cursor to an empty page"],
    [SOURCE, 6, ["abcde"], "fewer than were asked for"],
    [SOURCE, 1, ["a", "b", "c", "d", "e"], "one by one"],
    [DOWN, 2, ["ed", "cb", "a"], "downwards"],
  ])("%# of so many, then the next: %#", async (source, limit, wanted) => {
    expect(await pages(source, limit)).toEqual(wanted);
  });

  test("of those that are kept holds so many, wherever the others stand", async () => {
    const notC = ({ id }: Row) => id !== "c";
    expect(await pages(SOURCE, 2, notC)).toEqual(["ab", "de"]);
    expect(await pages(SOURCE, 3, notC)).toEqual(["abd", "e"]);
    expect(await pages(SOURCE, 4, notC)).toEqual(["abde"]);
    expect(await pages(SOURCE, 2, () => false)).toEqual([""]);
  });

  test("of those that are kept is looked for chunk by chunk", async () => {
    await run(connection, "create table many (id text, sum int, at int, paid_at int, note int)");
    await run(connection, `insert into many (id, sum, at) select j.id, j.sum, 0 from rows(?: id text, sum int) j`, [
      batch(Array.from({ length: 1100 }, (_, n) => ({ id: String(n), sum: n }))),
    ]);
    const many: RowSource<Row> = { ...SOURCE, from: "many as paged" };
    const late = sieve(({ sum }) => sum === 499 || sum >= 1097);
    const first = await pageOfRows(connection, many, [], { limit: 2 }, late);
    expect(first.rows.map(({ sum }) => sum)).toEqual([499, 1097]);
    const next = await pageOfRows(connection, many, [], { limit: 2, cursor: String(first.nextCursor) }, late);
    expect([next.rows.map(({ sum }) => sum), next.nextCursor]).toEqual([[1098, 1099], null]);
    // As many as are asked for in the first chunk: whether there are more is seen in the others.
    const one = await pageOfRows(connection, many, [], { limit: 1 }, late);
    expect([one.rows.map(({ sum }) => sum), one.nextCursor === null]).toEqual([[499], false]);
  });

  test("is read by one statement; one that is sieved by another for the whole rows, and more where what is kept is far", async () => {
    const statements = async (limit: number, keeps: Keeps) => {
      const em = connection;
      const kysely = em.getKysely.bind(em);
      let sent = 0;
      Object.assign(em, { getKysely: () => ((sent += 1), kysely()) });
      await pageOfRows(em, { ...SOURCE, from: "many as paged" }, [], { limit }, sieve(keeps));
      return sent;
    };
    expect(await statements(600, null)).toBe(1);
    expect(await statements(2, () => true)).toBe(2);
    expect(await statements(2, ({ sum }) => sum < 2)).toBe(4);
  });

  test("fulfils every condition, on each page", async () => {
    const conditions = [equals(SOURCE, "sum", 1)];
    const first = await pageOfRows(connection, SOURCE, conditions, { limit: 1 });
    const next = await pageOfRows(connection, SOURCE, conditions, { limit: 1, cursor: String(first.nextCursor) });
    expect([ids(first.rows), ids(next.rows), next.nextCursor]).toEqual(["c", "d", null]);
  });

  test.each<[cursor: string, because: string]>([
    ["nonsense", "it is no JSON"],
    [encoded({ a: 1 }), "it is no list"],
    [encoded(["others", 0, "a"]), "it is of another listing"],
    [encoded(["rows", 0]), "it has fewer keys than the order"],
    [encoded(["rows", 0, "a", 1]), "it has more"],
    [encoded(["rows", 0, null]), "a key is never null"],
    [encoded([7, 0, "a"]), "no listing has a number for a name"],
  ])("does not begin at the cursor %s: %s", async (cursor) => {
    await expect(pageOfRows(connection, SOURCE, [], { limit: 2, cursor })).rejects.toThrow(cursor);
  });

  test("begins behind what its own cursor names", async () => {
    const page = await pageOfRows(connection, SOURCE, [], { limit: 2, cursor: encoded(["rows", 0, "a"]) });
    expect(ids(page.rows)).toBe("bc");
  });
});

describe("all rows", () => {
  test("are read whole only where they are kept: a column may cost as much as a book", async () => {
    const failing = { ...SOURCE.columns, note: ["case when sum = 0 then json('no JSON') else 7 end", whole] as const };
    const source: RowSource<Row> = { ...SOURCE, columns: { ...failing } };
    await expect(allRows(connection, source, [])).rejects.toThrow("malformed JSON");
    const kept = sieve(({ sum }) => sum > 0);
    const page = await pageOfRows(connection, source, [], { limit: 9 }, kept);
    expect([await allRows(connection, source, [], 9, kept), page.rows].map(ids)).toEqual(["cde", "cde"]);
    expect(page.rows.map(({ note }) => note)).toEqual([7, 7, 7]);
  });

  test("are whole, however many are kept, in their order", async () => {
    const many: RowSource<Row> = { ...SOURCE, from: "many as paged" };
    const kept = await allRows(
      connection,
      many,
      [],
      1000,
      sieve(({ sum }) => sum % 2 === 0),
    );
    expect([kept.length, kept.at(0)?.sum, kept.at(-1)?.sum]).toEqual([550, 0, 1098]);
    expect(kept).toEqual((await allRows(connection, many, [])).filter(({ sum }) => sum % 2 === 0));
  });

  test.each<[limit: number | undefined, keeps: Keeps, wanted: string, because: string]>([
    [undefined, null, "abcde", "all there are"],
    [2, null, "ab", "so many"],
    [undefined, ({ sum }) => sum > 0, "cde", "those that are kept"],
    [2, ({ sum }) => sum > 0, "cd", "so many of those that are kept"],
  ])("%p of them, if %p: %s (%s)", async (limit, keeps, wanted) => {
    expect(ids(await allRows(connection, SOURCE, [], limit, sieve(keeps)))).toBe(wanted);
  });

  test("fulfil every condition", async () => {
    const conditions = [equals(SOURCE, "sum", 1), equals(SOURCE, "id", "d")];
    expect(ids(await allRows(connection, SOURCE, conditions))).toBe("d");
  });

  test.each<[column: keyof Row, value: unknown, wanted: string, because: string]>([
    ["id", "b", "b", "a text"],
    ["sum", 1, "cd", "a number"],
    ["at", "1970-01-01T00:00:02.000Z", "c", "an instant, as it is stored"],
    ["paid", "1970-01-01T00:00:07.000Z", "a", "an instant that may be none"],
    ["paid", null, "bcde", "none"],
    ["sum", true, "cd", "yes is stored as 1"],
  ])("where %s is %p: %s (%s)", async (column, value, wanted) => {
    expect(ids(await allRows(connection, SOURCE, [equals(SOURCE, column, value)]))).toBe(wanted);
  });

  test.each<[from: number | null, before: number | null, wanted: string, because: string]>([
    [null, null, "abcde", "no window"],
    [1000, null, "bcde", "from the first instant on"],
    [null, 3000, "abc", "the last instant is not in it"],
    [1000, 3000, "bc", "both"],
  ])("from %p before %p: %s (%s)", async (from, before, wanted) => {
    const window = {
      ...(from !== null && { from: new Date(from) }),
      ...(before !== null && { before: new Date(before) }),
    };
    expect(ids(await allRows(connection, SOURCE, within(SOURCE, "at", window)))).toBe(wanted);
  });
});

function encoded(cursor: unknown): string {
  return Buffer.from(JSON.stringify(cursor)).toString("base64url");
}
