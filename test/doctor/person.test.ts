/** Every matter that needs a person, planted: what `status`, the doctor, `needs_attention` and `/readyz` say of it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { CHECKS, type CheckName, mattersOf } from "../../src/application/doctor/finding.ts";
import type { ExamineNeeds } from "../../src/application/doctor/examine.ts";
import { GatewayUnavailable } from "../../src/domain/errors.ts";
import { needsPerson, PERSON_MATTERS, type PersonMatter } from "../../src/domain/needs-person.ts";
import { asksForPerson } from "../../src/entrypoints/cli/status.ts";
import { startHttp } from "../../src/entrypoints/http/server.ts";
import { noWebhooksYet } from "../../src/entrypoints/http/webhook-counts.ts";
import { statusDocument } from "../../src/entrypoints/status-document.ts";
import type { AppFixture } from "../support/app-fixture.ts";
import { DAY_MS, HOUR_MS } from "../support/records.ts";
import { conektaOf, findingsOf, openBilledApp } from "./billed-app.ts";

let app: AppFixture;
beforeAll(async () => {
  app = await openBilledApp({ env: { HTTP_PORT: "0" } });
  await app.backUp();
});
beforeEach(() => app.clock.set(PAID_AT));
afterEach(async () => await app.putBack());
afterAll(async () => await app[Symbol.asyncDispose]());

const PAID_AT = new Date("2026-04-30T15:10:00Z");
const LAST = "(select id from invoice where cycle = 3)";
const OF_LAST = `where invoice_id = ${LAST}`;
const NEXT_CYCLE = new Date("2026-05-31T15:10:00Z");

type Row = {
  /** SQL, or an act. */
  readonly plant: string | ((app: AppFixture) => Promise<unknown>);
  readonly at?: Date;
  /** False: no process ticks, so that the matter stays. */
  readonly ticks?: false;
  /** What the doctor is given, where the matter is not in the database. */
  readonly given?: (app: AppFixture) => Promise<Partial<ExamineNeeds>>;
  readonly check: CheckName;
  /** Whether `status` ends with 3, whether `/readyz` is 200, and what `needs_attention` shows. */
  readonly says: readonly [status: "red" | "green", readyz: 200 | 503, view: readonly string[]];
};

const ROWS: Readonly<Record<PersonMatter, Row>> = {
  halted: {
    plant: async ({ store, clock }) => await store.haltCharging({ kind: "person", because: "asked" }, clock.now()),
    check: "halt",
    says: ["red", 503, []],
  },
  uncharged: {
    plant: "",
    at: new Date(NEXT_CYCLE.getTime() + 2 * HOUR_MS),
    ticks: false,
    check: "process",
    says: ["red", 503, []],
  },
  unfinished: {
    plant: async (its) => {
      const { lister } = (await its.biller()).needs.sweep;
      Object.assign(lister, { listOrders: unlisted });
    },
    check: "last_tick",
    says: ["red", 503, []],
  },
  setAside: {
    plant: "update subscription set time_zone = 'Mars/Olympus'",
    at: NEXT_CYCLE,
    check: "last_tick",
    says: ["red", 503, []],
  },
  unreadable: {
    // A read that failed of an order whose charge was declined: any later payment of it would be missed.
    plant: `insert into denied_charge (attempt_id, denied_at, rechecks, recheck_at)
        select id, 1, 0, ${PAID_AT.getTime() + DAY_MS} from attempt ${OF_LAST};
      insert into read_failure (id, kind, failures, failed_since, failed_at, next_read_at, because)
      select id, 'attempt', 1, ${PAID_AT.getTime()}, ${PAID_AT.getTime()}, ${PAID_AT.getTime() + DAY_MS}, 'no access'
      from attempt ${OF_LAST}`,
    check: "unreadable",
    says: ["red", 503, ["unreadable"]],
  },
  held: {
    plant: "update invoice set status = 'held', status_reason = 'refused', paid_at = null where cycle = 3",
    // The doctor waits for a day, as docs/doctor.md promises; `status` does not.
    at: new Date(PAID_AT.getTime() + 25 * HOUR_MS),
    check: "held",
    says: ["red", 200, ["held"]],
  },
  paidAgain: {
    plant: `update attempt set state = 'paid_again' ${OF_LAST}`,
    check: "paid_again",
    says: ["red", 200, ["paid_again"]],
  },
  paidAfterCancel: {
    plant: `update attempt set after_cancel = 'asked' ${OF_LAST}`,
    check: "paid_after_cancel",
    says: ["red", 200, ["paid_after_cancel"]],
  },
  disputes: {
    plant: `insert into dispute (id, charge_id, order_id, attempt_id, invoice_id, subscription_id, customer_id,
        amount_cents, currency, status, outcome, opened_at)
      select 'dsp_1', a.charge_id, a.order_id, a.id, i.id, i.subscription_id, i.customer_id, a.amount_cents, a.currency,
        'action_required', 'open', ${PAID_AT.getTime()}
      from attempt a join invoice i on i.id = a.invoice_id where i.cycle = 3`,
    check: "disputes",
    says: ["red", 200, ["disputed"]],
  },
  failedWebhooks: {
    plant: `insert into webhook_event (id, type, received_at, payload, state, processed_at, tries, because)
      values ('e1', 'order.paid', 1, '{}', 'failed', 1, 1, 'a bug')`,
    check: "webhooks",
    says: ["red", 200, []],
  },
  givenUpEvents: {
    plant: `insert into event_delivery (event_id, state, tries, last_error, created_at)
      select id, 'dead', 10, 'answered 500', 1 from event where sequence = 1`,
    check: "events",
    says: ["red", 200, []],
  },
  // Only a comparison with Conekta knows the next three; `status` asks nobody.
  mismatched: {
    plant: `update attempt set amount_cents = 20000 ${OF_LAST}`,
    check: "books",
    says: ["green", 200, []],
  },
  missingAtGateway: {
    // Its own order is another installation's by now, so that the database alone has a payment.
    plant: `update installation set id = 'ins_other';
      update attempt set order_id = 'ord_2tUigJ8DgBhbp6w5D', charge_id = null ${OF_LAST}`,
    ticks: false,
    check: "books",
    says: ["green", 200, []],
  },
  unread: {
    plant: "",
    given: async (its) => {
      const gateway = { ...(await conektaOf(its)), listOrders, readOrder };
      return { gateway: async () => gateway };
    },
    at: new Date(PAID_AT.getTime() + HOUR_MS),
    check: "books",
    says: ["green", 200, []],
  },
  // The doctor alone looks for the rest.
  longUnknown: {
    plant: `update invoice set status = 'open', paid_at = null where cycle = 3;
      update attempt set state = 'unknown', settled_at = null ${OF_LAST}`,
    at: new Date(PAID_AT.getTime() + 25 * HOUR_MS),
    ticks: false,
    check: "unknown",
    says: ["green", 200, ["unknown"]],
  },
  missedCycles: {
    plant: `pragma foreign_keys = off; delete from attempt where invoice_id = (select id from invoice where cycle = 2);
      delete from invoice where cycle = 2`,
    ticks: false,
    check: "cycles",
    says: ["green", 200, []],
  },
  wrongCursors: {
    plant: "update subscription set next_cycle = 6",
    check: "cursors",
    says: ["green", 200, []],
  },
  brokenGuard: {
    plant: `insert into guard_probe (id, at, livemode, sequential, concurrent, evidence)
      values ('prb_1', 1, 0, 'charged_twice', 'refused', '[]')`,
    given: async () => ({
      settings: { flow: "order_first", timeoutMs: 1000, leaseMs: 120_000, timeZone: "America/Mexico_City" },
    }),
    check: "guard",
    says: ["green", 200, []],
  },
  endedTaxRates: {
    plant: `update plan set tax = '{"rate":8,"included":true}'`,
    check: "tax",
    says: ["green", 200, []],
  },
  // The last: its charge stays at the sandbox, and this database never hears of it.
  notRecorded: {
    plant: async (its) => {
      const { store } = (await its.biller()).needs;
      Object.assign(store, { settle: async () => await Promise.reject(new Error("disk I/O error")) });
    },
    at: NEXT_CYCLE,
    check: "last_tick",
    says: ["red", 503, []],
  },
};

// oxlint-disable-next-line require-yield -- it fails before its first order
async function* unlisted(): AsyncGenerator<never> {
  throw new GatewayUnavailable("Conekta did not answer");
}

/** No order is listed, and none can be read. */
async function* listOrders(): AsyncGenerator<never> {
  yield* [];
}
async function readOrder(): Promise<never> {
  throw new GatewayUnavailable("Conekta answered 500");
}

async function readyz(row: Row, lastTickError: string | null): Promise<number> {
  const [webhooks, at] = [noWebhooksYet(), row.check === "process" ? PAID_AT : app.clock.now()];
  const state = {
    startedAt: at,
    lastTickAt: at,
    nextTickAt: null,
    lastTickError,
    webhooks,
    breaker: { isOpen: false },
  };
  await using http = await startHttp(app.assembly, state, { counts: webhooks, onAccepted: () => undefined });
  return (await fetch(`${http.url}/readyz`)).status;
}

async function tickOf({ ticks }: Row): Promise<string | null> {
  if (ticks === false) return null;
  const { incompleteBecause } = await (await app.biller()).tick(new AbortController().signal);
  return incompleteBecause;
}

test("of a healthy database nobody says anything", async () => {
  expect(asksForPerson(await statusDocument(app.assembly))).toBe(false);
  expect(mattersOf(await findingsOf(app))).toEqual({});
});

test("each matter is looked at by exactly one check of the doctor", () => {
  const looked = Object.values(CHECKS).flatMap((matters) => (matters === "broken" ? [] : matters));
  expect(looked.toSorted()).toEqual(Object.keys(PERSON_MATTERS).toSorted());
});

describe("a matter that is there", () => {
  test.each(Object.entries(ROWS) as [PersonMatter, Row][])("%s", async (matter, row) => {
    app.clock.set(row.at ?? PAID_AT);
    if (typeof row.plant === "string") app.sql(row.plant);
    else await row.plant(app);
    const because = await tickOf(row);
    const isRed = asksForPerson(await statusDocument(app.assembly));
    const ready = await readyz(row, because);
    const found = mattersOf(await findingsOf(app, await row.given?.(app)));
    const shown = (await app.list("attention")).map(({ kind }) => kind);
    expect({ found: Object.keys(found), says: [isRed ? "red" : "green", ready, shown] }).toEqual({
      found: expect.arrayContaining([matter]),
      says: row.says,
    });
    expect(needsPerson(found)).toBe(true);
    // A healthy light means that everything due was tried.
    expect(ready === 200 && PERSON_MATTERS[matter] === "undone").toBe(false);
  });
});
