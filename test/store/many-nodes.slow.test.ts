/** Many nodes on one real server: what each of them may do beside the others, and what only one does. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { openDue } from "../../src/application/charging/open-due.ts";
import { settleAttempts } from "../../src/application/settling/settle-attempts.ts";
import { SILENT_LOG } from "../support/seen-orders.ts";
import { NO_HOLIDAYS, dunningOf, policyOf } from "../support/policy.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import { openServer } from "../../src/adapters/store/dialect/postgres/open-server.ts";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";
import { openPostgresStore } from "../../src/adapters/store/postgres-store.ts";
import type { OpenedStore } from "../../src/adapters/store/store.ts";
import type { DueInvoice } from "../../src/application/ports/charging.ts";
import type { Owner } from "../../src/application/ports/installation.ts";
import { fill, invoiceOf, later, NOW, subscriptionOf } from "../support/records.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";

const LEASE_MS = 120_000;
const CLAIM = { now: NOW, leaseMs: LEASE_MS, flow: "single", after: null } as const;

let server: PostgresServer;
let database: PostgresDatabase;
const opened: OpenedStore[] = [];
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => await server[Symbol.asyncDispose]());
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

type Node = { readonly store: OpenedStore; readonly owner: Owner };

/** So many nodes on a database of which each named subscription has an invoice that is due. */
async function nodesOn(subscriptions: readonly string[], count: number): Promise<readonly Node[]> {
  database = await server.newDatabase();
  const nodes: Node[] = [];
  for (let place = 0; place < count; place++) {
    const random = seededRandom(place + 1);
    const store = await openPostgresStore({
      ...{ database, random, now: NOW, exclusive: false, access: "make", leaseMs: LEASE_MS },
    });
    opened.push(store);
    if (place === 0) {
      const rows = subscriptions.map((id) => subscriptionOf(id, { nextCycle: 2 }));
      await fill(store, { subscriptions: rows, invoices: rows.map((each) => invoiceOf(each, 1)) });
    }
    nodes.push({ store, owner: await store.takeOver(`own_${place}`) });
  }
  return nodes;
}

async function claimedBy({ store, owner }: Node, limit = 10): Promise<readonly string[]> {
  const { claimed } = await store.claim(owner, { ...CLAIM, limit }, chargeAll);
  return claimed.map(({ attemptId }) => attemptId);
}

/** One a customer. */
function chargeAll(due: readonly DueInvoice[]): ("charge" | "leave")[] {
  const seen = new Set<string>();
  return due.map(({ customerId }) => {
    if (seen.has(customerId)) return "leave";
    seen.add(customerId);
    return "charge";
  });
}

async function dies({ owner }: Node): Promise<void> {
  await sql(database, `update node set alive_until = 0 where id = '${owner.id}'`);
}

test("of several that begin on a new database at once, one makes the installation: the others wait, and find it", async () => {
  await nodesOn([], 1);
  await sql(database, "delete from halt; delete from node; delete from installation");
  // The one that came first, before it commits.
  const first = sql(
    database,
    `begin;
     insert into installation (id, epoch, created_at) values ('ins_first', 0, 0); select pg_sleep(1); commit`,
  );
  await sql(database, "select pg_sleep(0.3)");
  const store = await openPostgresStore({
    ...{ database, random: seededRandom(9), now: NOW, exclusive: false, access: "make", leaseMs: LEASE_MS },
  });
  opened.push(store);
  await first;
  expect(await sql(database, "select id from installation")).toEqual([{ id: "ins_first" }]);
  expect((await store.installation()).id).toBe("ins_first");
});

describe("claims", () => {
  test("of many nodes that claim at once, each invoice is one's, and none is left", async () => {
    const ids = Array.from({ length: 60 }, (_, at) => `s${String(at).padStart(2, "0")}`);
    const nodes = await nodesOn(ids, 3);
    const rounds = await Promise.all(
      nodes.map(async (node) => {
        const mine: string[] = [];
        for (;;) {
          const claimed = await claimedBy(node, 7);
          if (claimed.length === 0) return mine;
          mine.push(...claimed);
        }
      }),
    );
    const all = rounds.flat();
    expect(all).toHaveLength(60);
    expect(new Set(all).size).toBe(60);
  });

  test("a page that another node is judging is walked past, not waited for", async () => {
    const [a, b] = (await nodesOn(["p", "q", "r", "s"], 2)) as [Node, Node];
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begins } = Promise.withResolvers<void>();
    const judging = transaction(async (execute) => {
      await execute("select 1 from customer where id in ('cus_p', 'cus_q') for no key update");
      begins();
      await mayEnd;
    });
    await begun;
    expect(await claimedBy(b, 2)).toHaveLength(2);
    expect(await claimedBy(b, 2)).toEqual([]);
    end();
    await judging;
    expect(await claimedBy(a)).toHaveLength(2);
  });

  test("one customer's second invoice is claimed by nobody while the first is on its way", async () => {
    const [a, b] = (await nodesOn(["p"], 2)) as [Node, Node];
    const also = subscriptionOf("also", { customerId: "cus_p", nextCycle: 2 });
    await fill(a.store, { subscriptions: [also], invoices: [invoiceOf(also, 1)] });
    expect(await claimedBy(a)).toHaveLength(1);
    const { claimed } = await b.store.claim(b.owner, { ...CLAIM, limit: 10 }, (due) =>
      due.map(({ customer }) => (customer.tries.some(({ state }) => state === "claimed") ? "leave" : "charge")),
    );
    expect(claimed).toEqual([]);
  });
});

describe("a node that is dead", () => {
  test("claims and sends nothing; a living one finds what it left, and not what the living hold", async () => {
    const [a, b, c] = (await nodesOn(["p", "q", "r"], 3)) as [Node, Node, Node];
    const [mine] = await claimedBy(a, 1);
    const [others] = await claimedBy(b, 1);
    expect(await c.store.abandoned(c.owner, NOW, 10)).toEqual([]);
    await dies(a);
    expect(await a.store.stillOwns(a.owner)).toBe(false);
    expect(await claimedBy(a)).toEqual([]);
    const sent = await a.store.markSending(a.owner, [{ attemptId: mine!, orderId: null }], {
      now: NOW,
      leaseMs: LEASE_MS,
    });
    expect([...sent]).toEqual([]);
    expect(await c.store.abandoned(c.owner, NOW, 10)).toEqual([mine]);
    // Its own clock may be wrong by hours.
    expect(await c.store.abandoned(c.owner, later(86_400_000), 10)).not.toContain(others);
    expect(await a.store.abandoned(a.owner, NOW, 10)).toEqual([]);
  });

  test("one that ends in order is gone at once", async () => {
    const [a, b] = (await nodesOn(["p"], 2)) as [Node, Node];
    await opened.splice(opened.indexOf(a.store), 1)[0]!.close();
    expect((await b.store.inspection.nodes()).map(({ id }) => id)).toEqual(["own_1"]);
  });
});

describe("a row that another transaction holds for long", () => {
  const NEEDS = {
    ...{
      ...dunningOf([policyOf()]),
      calendar: NO_HOLIDAYS,
      clock: { now: () => NOW, monotonicMs: () => 0 },
      random: seededRandom(8),
    },
    ...{ log: SILENT_LOG, backoffMs: 60_000, inquiries: { offsetsMs: [15_000], rechargeQuietMs: 900_000 } },
  };
  const holding = async (row: string, work: () => Promise<void>): Promise<void> =>
    await transaction(async (execute) => {
      await execute(`select 1 from ${row} for update`);
      await work();
    });

  test.each(["customer where id = 'cus_q'", "subscription where id = 'q'"])(
    "keeps no other from being opened, and is told: %s",
    async (row) => {
      const [{ store }] = (await nodesOn([], 1)) as [Node];
      await fill(store, { subscriptions: ["p", "q", "r"].map((id) => subscriptionOf(id)) });
      await holding(row, async () => {
        expect(await openDue({ ...NEEDS, store }, new AbortController().signal)).toMatchObject({
          ...{ opened: 2, setAside: ["q"] },
        });
      });
      expect(await openDue({ ...NEEDS, store }, new AbortController().signal)).toMatchObject({
        opened: 1,
        setAside: [],
      });
    },
  );

  test.each([
    "customer where id = 'cus_q'",
    "invoice where subscription_id = 'q'",
    "attempt where customer_id = 'cus_q'",
  ])("keeps no other's outcome out of the books, and is told: %s", async (row) => {
    const [node] = (await nodesOn(["p", "q", "r"], 1)) as [Node];
    const items = (await claimedBy(node)).map((attemptId) => ({ attemptId, evidence: { kind: "released" } as const }));
    expect(items).toHaveLength(3);
    await holding(row, async () => {
      const settled = await settleAttempts({ ...NEEDS, store: node.store }, items);
      expect(settled.map(({ notRecorded = false }) => notRecorded)).toEqual([false, true, false]);
    });
    const [left] = (await sql(
      database,
      "select string_agg(state, ' ' order by customer_id) as states from attempt",
    )) as [{ states: string }];
    expect(left.states).toBe("released claimed released");
  });

  test.each(["invoice where subscription_id = 'q'", "customer where id = 'cus_q'"])(
    "keeps no other from being claimed, and is named once it has waited: %s",
    async (row) => {
      const [node] = (await nodesOn(["p", "q", "r"], 1)) as [Node];
      await holding(row, async () => {
        expect(await claimedBy(node)).toHaveLength(2);
        expect(await node.store.shared!.heldDue(NOW)).toEqual(["inv_q_1"]);
      });
      expect(await node.store.shared!.heldDue(NOW)).toEqual([]);
      expect(await claimedBy(node)).toHaveLength(1);
    },
  );

  test("a row that is held for a moment, as a claim holds it, is not named", async () => {
    const [node] = (await nodesOn(["p"], 1)) as [Node];
    const { promise: begun, resolve: begins } = Promise.withResolvers<void>();
    const short = holding("invoice where subscription_id = 'p'", async () => {
      begins();
      await new Promise((resolve) => setTimeout(resolve, 500));
    });
    await begun;
    expect(await node.store.shared!.heldDue(NOW)).toEqual([]);
    await short;
  });
});

describe("a poll of the events", () => {
  const WRITING = 7_364_002;
  const insert = (id: string) =>
    `insert into event (id, at, type, data, sequence)
     values ('${id}', ${NOW.getTime()}, 'plan.changed', '{}', nextval('event_sequence_seq'))`;

  test("waits for an event that is being written, whose place is before one that is there; control: a plain read misses it", async () => {
    const [a, b] = (await nodesOn(["p"], 2)) as [Node, Node];
    const before = (await a.store.outbox.after(0, 1000)).at(-1)?.place ?? 0;
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begins } = Promise.withResolvers<void>();
    const slow = transaction(async (execute) => {
      await execute(`select pg_advisory_xact_lock_shared(${WRITING})`);
      await execute(insert("evt_slow"));
      begins();
      await mayEnd;
    });
    await begun;
    await transaction(async (execute) => {
      await execute(`select pg_advisory_xact_lock_shared(${WRITING})`);
      await execute(insert("evt_quick"));
    });
    const there = await b.store.list("events", { where: { type: "plan.changed" } });
    expect(there.map(({ eventId }) => eventId)).toEqual(["evt_quick"]);

    let isOver = false;
    const poll = a.store.outbox.after(before, 1000).finally(() => (isOver = true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isOver).toBe(false);
    end();
    await slow;
    expect((await poll).map(({ eventId }) => eventId)).toEqual(["evt_slow", "evt_quick"]);
  });

  test("beside nodes that claim, mark and halt at once is told of each event once, in one order", async () => {
    const ids = Array.from({ length: 40 }, (_, at) => `s${String(at).padStart(2, "0")}`);
    const [reader, ...nodes] = (await nodesOn(ids, 4)) as [Node, ...Node[]];
    const seen: string[] = [];
    let place = 0;
    const poll = async (): Promise<void> => {
      for (;;) {
        const page = await reader.store.outbox.after(place, 3);
        seen.push(...page.map(({ eventId }) => eventId));
        place = page.at(-1)?.place ?? place;
        if (page.length < 3) return;
      }
    };
    const writing = new AbortController();
    const reading = (async () => {
      while (!writing.signal.aborted) await poll();
    })();
    await Promise.all(
      nodes.map(async ({ store }, at) => {
        for (let round = 0; round < 40; round++) {
          const kind = (["person", "limit", "unauthorized"] as const)[at] ?? "limit";
          await store.haltCharging({ kind, because: `${at} ${round}` }, NOW);
          await store.resumeCharging({ kind }, NOW);
        }
      }),
    );
    writing.abort();
    await reading;
    await poll();
    const written = (await reader.store.list("events", {})).map(({ eventId }) => eventId);
    expect(written.length).toBeGreaterThan(200);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.toSorted()).toEqual(written.toSorted());
  });
});

describe("limits of the whole", () => {
  test("MAX_CHARGES_PER_RUN counts what all of them send within the hour", async () => {
    const nodes = await nodesOn(["p", "q", "r", "s"], 2);
    const sent = await Promise.all(
      nodes.map(async (node) => {
        const mine = await claimedBy(node, 2);
        const items = mine.map((attemptId) => ({ attemptId, orderId: null }));
        const hourly = { maxCharges: 3, maxAmountCents: null };
        return await node.store.markSending(node.owner, items, { now: NOW, leaseMs: LEASE_MS, hourly });
      }),
    );
    expect(sent.map(({ size }) => size).toSorted((one, other) => one - other)).toEqual([1, 2]);
  });

  test("CHARGE_RATE_PER_SECOND: turns follow each other, whoever takes them", async () => {
    const [a, b] = (await nodesOn([], 2)) as [Node, Node];
    const begunAt = performance.now();
    await Promise.all([a, b, a, b, a, b, a, b, a, b].map(async ({ store }) => await store.shared?.takeTurn(10)));
    // The first has no turn before it.
    expect(performance.now() - begunAt).toBeGreaterThan(890);
  });

  test("that the gateway fails is heard by the others, for a while", async () => {
    const [a, b] = (await nodesOn([], 2)) as [Node, Node];
    expect(await b.store.shared?.failingUntil()).toBeNull();
    const until = await a.store.shared?.gatewayFails(60_000);
    expect(await b.store.shared?.failingUntil()).toBe(until);
    await a.store.shared?.gatewayFails(-1);
    expect(await b.store.shared?.failingUntil()).toBeNull();
  });
});

describe("opening", () => {
  test("nodes that open at once begin at different places, and find what is left", async () => {
    const [a, b] = (await nodesOn([], 2)) as [Node, Node];
    await fill(a.store, { subscriptions: ["p", "q", "r"].map((id) => subscriptionOf(id)) });
    const due = async ({ store }: Node): Promise<string[]> =>
      (await store.dueSubscriptions(NOW, 2, [])).map(({ id }) => id);
    expect([await due(a), await due(b)]).toEqual([["p", "q"], ["r"]]);
    await dies(a);
    expect(await due(b)).toEqual(["p", "q"]);
  });
});

describe("duties", () => {
  test("one node at a time; another when it is over, or when that one is dead", async () => {
    const [a, b] = (await nodesOn([], 2)) as [Node, Node];
    const done: string[] = [];
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begins } = Promise.withResolvers<void>();
    const first = a.store.duties.alone("inquiries", async () => {
      begins();
      await mayEnd;
      done.push("a");
    });
    await begun;
    expect(await b.store.duties.alone("inquiries", async () => void done.push("b"))).toBe(false);
    expect(await b.store.duties.alone("events", async () => void done.push("b, events"))).toBe(true);
    await dies(a);
    expect(await b.store.duties.alone("inquiries", async () => void done.push("b, its heir"))).toBe(true);
    end();
    expect(await first).toBe(true);
    expect(done).toEqual(["b, events", "b, its heir", "a"]);
    expect(await sql(database, "select * from duty")).toEqual([]);
  });
});

describe("events", () => {
  test("the outbox passes none that is committed after a later one", async () => {
    const [a, b] = (await nodesOn(["p"], 2)) as [Node, Node];
    await a.store.outbox.gather(["charging.halted"], NOW, 100);
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begins } = Promise.withResolvers<void>();
    // A place of the sequence is taken, and not committed for a while.
    const slow = transaction(async (execute) => {
      await execute("select pg_advisory_xact_lock_shared(7364002)");
      await execute(
        "insert into event (id, at, type, data, sequence) values ('evt_slow', 0, 'charging.halted', '{}', nextval('event_sequence_seq'))",
      );
      begins();
      await mayEnd;
    });
    await begun;
    await b.store.haltCharging({ kind: "person", because: "a test" }, NOW);
    const gathering = a.store.outbox.gather(["charging.halted"], NOW, 100);
    end();
    await slow;
    expect(await gathering).toBe(2);
    expect((await a.store.outbox.due(NOW, 10)).map(({ type }) => type)).toEqual(["charging.halted", "charging.halted"]);
  });
});

async function transaction(work: (execute: (text: string) => Promise<unknown>) => Promise<void>): Promise<void> {
  const orm = await openServer(database, "read");
  try {
    await orm.em.fork().transactional((em) => work((text) => em.execute(text)));
  } finally {
    await orm.close();
  }
}
