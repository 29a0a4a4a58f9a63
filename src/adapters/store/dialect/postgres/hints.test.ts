/** Hints between processes: when one is given, who hears it, and what becomes of a connection that is lost. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { answeringServer } from "../../../../../test/support/answering-server.ts";
import type { Orm } from "../mapper.ts";
import { type Connected, run } from "../sql.ts";
import type { Writes } from "../writes.ts";
import { type Hints, saying, serverHints } from "./hints.ts";

test("a hint goes with what was written", async () => {
  const { orm, said } = await answeringServer(() => []);
  await serverHints(orm, (error) => error).give(orm.em);
  expect(said).toEqual(["select pg_notify('puntual_hint', '')"]);
});

test.each<[given: number, isSaid: boolean, how: "alone" | "mapped" | "beside", because: string]>([
  [1, true, "alone", "a person did it"],
  [1, true, "mapped", "a person did it"],
  [0, false, "alone", "nobody has to look for it"],
  [0, false, "mapped", "nobody has to look for it"],
  [0, true, "beside", "a run's own"],
])("%i hints of what was written, worth saying: %s, %s (%s)", async (given, isSaid, how) => {
  const { orm } = await answeringServer(() => []);
  const done: string[] = [];
  const hints: Hints = {
    give: async () => void done.push("hint"),
    hear: () => ({ [Symbol.dispose]: () => {} }),
  };
  const writes: Writes = {
    alone: async (work) => await work(orm.em, true),
    mapped: async (work) => await work(orm.em),
    beside: async (_whose, work) => await work(orm.em, true),
  };
  const told = saying(hints, writes, () => isSaid);
  const work = async (em: Connected, isAgain?: boolean): Promise<void> => {
    await run(em, "update plan set name = 'x'");
    done.push(isAgain === false ? "written as new" : "written");
  };
  await (how === "beside" ? told.beside(null, work) : told[how](work));
  expect(done).toEqual(["written", ...Array.from({ length: given }, () => "hint")]);
  expect(saying(null, writes, () => isSaid)).toBe(writes);
});

type Heard = () => void;

/** A pool whose clients are called by hand. @param fails at its n-th connection, from 0 */
function byHand(fails: (connection: number) => boolean = () => false) {
  const clients: { readonly said: string[]; readonly on: Map<string, Heard>; isEnded: boolean }[] = [];
  class Client {
    readonly #own = { said: [] as string[], on: new Map<string, Heard>(), isEnded: false };
    constructor(options: unknown) {
      expect(options).toEqual({ of: "the pool" });
      clients.push(this.#own);
    }
    async connect(): Promise<void> {
      if (fails(clients.length - 1)) throw new Error("no server");
    }
    async query(text: string): Promise<void> {
      this.#own.said.push(text);
    }
    async end(): Promise<void> {
      this.#own.isEnded = true;
      throw new Error("lost already");
    }
    on(event: string, heard: Heard): void {
      this.#own.on.set(event, heard);
    }
  }
  const connection = { getNativeClient: async () => ({ Client, options: { of: "the pool" } }) };
  const orm = { em: { getConnection: () => connection } } as unknown as Orm;
  return { orm, clients };
}

async function until(is: () => boolean): Promise<void> {
  while (!is()) await sleep(5);
}

test("is heard from its own connection, until nobody listens any more", async () => {
  const { orm, clients } = byHand();
  let hints = 0;
  const listening = serverHints(orm, (error) => error).hear({ onHint: () => void (hints += 1), onFault: () => {} });
  await until(() => clients[0]?.said.length === 1);
  expect(clients[0]?.said).toEqual(["listen puntual_hint"]);
  // Nothing was said while nobody listened: it listens for the first time.
  expect(hints).toBe(0);
  clients[0]?.on.get("notification")?.();
  expect(hints).toBe(1);
  listening[Symbol.dispose]();
  await until(() => clients[0]?.isEnded === true);
  await sleep(20);
  expect(clients).toHaveLength(1);
});

test.each(["end", "error"])(
  "a connection that is lost (%s) is made again, and what was said meanwhile is looked for",
  async (event) => {
    const { orm, clients } = byHand();
    let [hints, faults] = [0, 0];
    const ear = { onHint: () => void (hints += 1), onFault: () => void (faults += 1) };
    using listening = serverHints(orm, (error) => error).hear(ear);
    await until(() => clients[0]?.said.length === 1);
    clients[0]?.on.get(event)?.();
    await until(() => clients[1]?.said.length === 1);
    expect([hints, faults, clients[0]?.isEnded]).toEqual([1, 0, true]);
    listening[Symbol.dispose]();
  },
);

test("of a server that is gone it is told once, until it was there again", async () => {
  const { orm, clients } = byHand((connection) => connection === 0);
  const told: unknown[] = [];
  const explain = (error: unknown) => ({ explained: error });
  using listening = serverHints(orm, explain).hear({ onHint: () => {}, onFault: (error) => void told.push(error) });
  await until(() => told.length === 1);
  expect(told).toEqual([{ explained: expect.objectContaining({ message: "no server" }) }]);
  expect([clients[0]?.isEnded, clients[0]?.said]).toEqual([true, []]);
  listening[Symbol.dispose]();
});

test("what is given up before it is connected is no fault", async () => {
  const { orm, clients } = byHand(() => true);
  const told: unknown[] = [];
  const listening = serverHints(orm, (error) => error).hear({
    onHint: () => {},
    onFault: (error) => void told.push(error),
  });
  listening[Symbol.dispose]();
  await until(() => clients[0]?.isEnded === true);
  await sleep(5);
  expect(told).toEqual([]);
});
