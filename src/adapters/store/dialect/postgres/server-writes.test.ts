/** Writing on a server: who waits for whom, and what is done again when a server gives it up. On a server that only answers. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { DatabaseUnusable } from "../../../../domain/errors.ts";
import { type Connected, run } from "../sql.ts";
import { ofAttempts } from "../writes.ts";
import { type Answer, answeringServer } from "../../../../../test/support/answering-server.ts";
import { transactingOn } from "./open-server.ts";
import { serverWrites, waitForWriters } from "./server-writes.ts";

const NAME = "postgres://db1/books";
const thrown = (code: string) => Object.assign(new Error("of the server"), { code });

let server: Awaited<ReturnType<typeof answeringServer>>;
let answers: Answer[];
beforeEach(async () => {
  answers = [];
  server = await answeringServer((text) => answers.find(([pattern]) => pattern.test(text))?.[1](text) ?? []);
});

/** How often what was to be written was begun, each as again or not, and what came of it. */
async function written(
  how: "alone" | "beside",
  fails: readonly (Error | null)[],
  { isWithin = false, at = "work" }: { isWithin?: boolean; at?: "work" | "begin" | "lock" | "commit" } = {},
): Promise<string> {
  const writes = serverWrites(server.orm, NAME, { isWithin });
  const begun: boolean[] = [];
  const left = [...fails];
  const fail = (): [] => {
    const error = left.shift() ?? null;
    if (error !== null) throw error;
    return [];
  };
  const places = { work: /^never$/, begin: /^savepoint/, lock: /pg_advisory/, commit: /^release/ };
  answers = [[places[at], fail]];
  const work = async (em: Connected, isAgain: boolean): Promise<string> => {
    begun.push(isAgain);
    if (at === "work") fail();
    await run(em, "update plan set name = 'x'");
    return "done";
  };
  const end = await (how === "alone" ? writes.alone(work) : writes.beside(null, work)).catch(
    (error: unknown) => `${(error as Error).name}: ${(error as Error).message.replace(/^.*books /, "")}`,
  );
  return `${begun.map((isAgain) => (isAgain ? "again" : "first")).join(" ")} → ${end}`;
}

describe("the locks", () => {
  const locks = () => server.said.filter((text) => /advisory|set_config/.test(text)).map((text) => text.slice(0, 200));

  test("alone waits for all, beside for who is alone; rows are waited for so long, and no longer", async () => {
    await written("alone", []);
    await written("beside", []);
    expect(locks()).toEqual([
      "select (select moved_to from installation) as moved_to, pg_advisory_xact_lock(cast($1 as bigint)), set_config('lock_timeout', '2s', true)",
      "select (select moved_to from installation) as moved_to, pg_advisory_xact_lock_shared(cast($1 as bigint)), set_config('lock_timeout', '2s', true)",
    ]);
    const [savepoint, lock, work, release] = server.said;
    expect([savepoint, lock, work, release]).toEqual([
      ...["savepoint puntual", locks()[0], "update plan set name = 'x'", "release savepoint puntual"],
    ]);
  });

  test("in a transaction of somebody else's its own setting stays", async () => {
    await written("alone", [], { isWithin: true });
    expect(locks()).toEqual([
      "select (select moved_to from installation) as moved_to, pg_advisory_xact_lock(cast($1 as bigint))",
    ]);
  });

  test("both have the same key, and who waits for writers waits for it alone", async () => {
    await written("alone", []);
    await written("beside", []);
    await waitForWriters(transactingOn(server.orm));
    expect(server.values.filter((_, at) => /advisory/.test(server.said[at] ?? ""))).toEqual([
      ...[[7_364_002], [7_364_002], [7_364_002]],
    ]);
    expect(server.said.at(-2)).toBe("select pg_advisory_xact_lock(cast($1 as bigint))");
  });

  test("the customers whose rows are judged are locked first, in one order", async () => {
    const writes = serverWrites(server.orm, NAME);
    await writes.beside(ofAttempts(["a"]), async (em) => await run(em, "update plan set name = 'x'"));
    expect(server.said[2]).toMatch(
      /^select 1 from customer where id in \(select customer_id from attempt .*\) order by id for no key update$/,
    );
    expect(server.values[2]).toEqual(['["a"]']);
    expect(server.said[3]).toBe("update plan set name = 'x'");
    server.said.length = 0;
    await written("beside", []);
    expect(server.said.some((text) => text.includes("customer"))).toBe(false);
  });

  test("nothing is written to a database that was moved", async () => {
    answers = [[/moved_to/, () => [{ moved_to: "postgres://db2/books" }]]];
    let begun = 0;
    const writes = serverWrites(server.orm, NAME);
    await expect(writes.alone(async () => void (begun += 1))).rejects.toThrow("postgres://db2/books");
    expect([begun, server.said.filter((text) => text.startsWith("savepoint")).length]).toEqual([0, 1]);
    answers = [[/moved_to/, () => [{ moved_to: null }]]];
    await writes.alone(async () => void (begun += 1));
    expect(begun).toBe(1);
  });
});

describe("what is given up", () => {
  const UNKNOWN =
    "first → DatabaseUnusable: has closed the connection: it was shut down, or a person ended it (57P01); it is not known " +
    "whether this was written: look before it is done again";
  const [deadlock, held, gone, unique] = [thrown("40P01"), thrown("55P03"), thrown("57P01"), thrown("23505")];

  test.each<[how: "alone" | "beside", fails: readonly Error[], options: object, wanted: string, because: string]>([
    ["alone", [], {}, "first → done", "it goes through"],
    ["alone", [deadlock], {}, "first first → done", "it was rolled back: nothing was done"],
    ["beside", [deadlock], {}, "first first → done", "it was rolled back: nothing was done"],
    ["alone", [deadlock, deadlock], {}, "first first first → done", "three times at most"],
    [
      "alone",
      [deadlock, deadlock, deadlock],
      {},
      "first first first → DatabaseUnusable: had two",
      "three times at most",
    ],
    ["alone", [deadlock], { isWithin: true }, "first → DatabaseUnusable: had two", "the program's transaction is lost"],
    ["alone", [unique], {}, "first → Error: of the server", "again it would fail again"],
    ["alone", [held], {}, "first first → done", "a person waits"],
    [
      "beside",
      [held],
      {},
      "first → DatabaseUnusable: that are to be written",
      "a run leaves the rows that others hold",
    ],
    ["beside", [held], { at: "lock" }, "first → done", "nothing was read yet: it waits its turn"],
    ["beside", [gone], {}, "first again → done", "perhaps it was done: it is told so"],
    ["beside", [gone], { at: "commit" }, "first again → done", "perhaps it was done: it is told so"],
    ["beside", [gone], { at: "begin" }, "again → done", "a connection that was lost unused"],
    ["alone", [gone], { at: "begin" }, "first → done", "a connection that was lost unused; alone nothing is told"],
    ["alone", [gone], {}, "first first → done", "nothing was committed yet"],
    ["alone", [gone], { at: "lock" }, "first → done", "nothing was committed yet"],
    ["alone", [gone], { at: "commit" }, UNKNOWN, "perhaps it was done: only once alone"],
    ["alone", [unique], { at: "commit" }, "first → Error: of the server", "the server has answered: it was not"],
    ["beside", [gone], { isWithin: true }, "first → DatabaseUnusable: has closed", "the program's transaction is lost"],
    ["beside", [gone, deadlock], {}, "first again again → done", "each is done again for its own reason"],
  ])("%s, after %j with %j: %s (%s)", async (how, fails, options, wanted) => {
    expect((await written(how, fails, options)).slice(0, wanted.length)).toBe(wanted);
  });

  test("rows that another holds are told as such, and as no fault of settings", async () => {
    const writes = serverWrites(server.orm, NAME);
    const fail = async (): Promise<never> => await Promise.reject(held);
    const error = await writes.beside(null, fail).catch((thrownError: unknown) => thrownError);
    expect(error).toBeInstanceOf(DatabaseUnusable);
    expect(error).toMatchObject({ areRowsHeld: true, isMisconfigured: false });
    await expect(writes.alone(fail)).rejects.toMatchObject({ areRowsHeld: false });
  });
});
