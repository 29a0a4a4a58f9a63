/** Keys, tax documents, and the books as a person changes them, in the tables: what is found, what is written, and for whom. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { seededRandom } from "../../src/adapters/random.ts";
import { writesOnBehalf } from "../../src/adapters/store/behalf.ts";
import { appendEvents } from "../../src/adapters/store/events.ts";
import { apiKeyRecords } from "../../src/adapters/store/records/api-keys.ts";
import type { Connected } from "../../src/adapters/store/dialect/sql.ts";
import { dueDeliveries } from "../../src/adapters/store/records/due-deliveries.ts";
import { fiscalRecords } from "../../src/adapters/store/records/fiscal.ts";
import {
  confirmMode,
  ensureInstallation,
  haltCharging,
  readInstallation,
} from "../../src/adapters/store/records/installation.ts";
import { nodeOf, SOLE_RIGHT } from "../../src/adapters/store/records/nodes.ts";
import { recordsIn } from "../../src/adapters/store/records/records.ts";
import type { Cfdi, CfdiRecord } from "../../src/domain/cfdi/cfdi.ts";
import type { Stamp } from "../../src/domain/cfdi/cfdi-stamp.ts";
import { HALT_KINDS } from "../../src/domain/halt.ts";
import { refundRecords } from "../../src/adapters/store/records/refunds.ts";
import type { Behalf, Reader } from "../../src/application/ports/requests.ts";
import type { CustomerParts } from "../../src/application/ports/fiscal.ts";
import type { Records } from "../../src/application/ports/records.ts";
import { transition } from "../../src/domain/invoice-transition.ts";
import { bareRows, type Table, words } from "../support/bare-rows.ts";
import { customerOf, invoiceOf, later, NOW, planOf, subscriptionOf } from "../support/records.ts";

const books = bareRows();
const { put, all, execute, database, random } = books;
const AT = NOW.getTime();

describe("keys of the API", () => {
  const keys = () => apiKeyRecords(database());
  const NEW = { name: "shop", hash: "h1", scopes: ["read", "write"], last4: "wxyz", by: "ana" } as const;

  test("one is found by its hash, until it is revoked; each name is given once", async () => {
    const added = await keys().add(NEW, NOW);
    await put("api_key", { id: "k2", name: "app", hash: "h2" });
    expect(added).toEqual({
      ...{ name: "shop", scopes: ["read", "write"], last4: "wxyz", createdAt: NOW.toISOString(), createdBy: "ana" },
      ...{ lastUsedAt: null, revokedAt: null, revokedBy: null },
    });
    expect(await keys().holderOf("h1")).toEqual({ name: "shop", scopes: ["read", "write"] });
    expect(await keys().holderOf("h2")).toEqual({ name: "app", scopes: ["read"] });
    expect(await keys().holderOf("h3")).toBe(null);
    await expect(keys().add(NEW, NOW)).rejects.toMatchObject({ name: "Refused" });

    expect(await keys().revoke("shop", "eva", later(5))).toMatchObject({
      ...{ name: "shop", revokedBy: "eva", revokedAt: later(5).toISOString() },
    });
    expect([await keys().holderOf("h1"), (await keys().holderOf("h2"))?.name]).toEqual([null, "app"]);
    // Who revoked it first stays.
    expect(await keys().revoke("shop", "leo", later(9))).toMatchObject({ revokedBy: "eva" });
    await expect(keys().revoke("none", "eva", NOW)).rejects.toMatchObject({ name: "NotFound" });
    expect((await keys().list()).map(({ name, revokedBy }) => `${name} ${revokedBy}`)).toEqual([
      ...["app null", "shop eva"],
    ]);
  });

  test("its use is noted on it alone", async () => {
    await put("api_key", { id: "k1", name: "shop", hash: "h1" }, { id: "k2", name: "app", hash: "h2" });
    await keys().noteUse("shop", NOW);
    expect(words(await all("select name, last_used_at from api_key order by name"))).toEqual([
      "app null",
      `shop ${AT}`,
    ]);
  });
});

describe("what is done for somebody", () => {
  const REQUEST = { id: "req", method: "POST", path: "/x", key: "k", bodyHash: "h" } as const;
  const behalf = (keeps: boolean, check?: () => Promise<void>): Behalf => ({
    actor: { name: "ana", reason: "because" },
    now: NOW,
    ...(check && { check }),
    keep: keeps ? { request: REQUEST, answer: async () => ({ status: 201, body: "made" }) } : null,
  });
  /** Each transaction has a mapper of its own: by it, it is known for whom it is. */
  const own = () => books.em.fork({ keepTransactionContext: true });
  const writesOf = (given: Behalf) =>
    writesOnBehalf(
      {
        alone: async (work) => await work(own(), false),
        mapped: async (work) => await work(own()),
        beside: async (_whose, work) => await work(own(), false),
      },
      given,
      () => null as unknown as Reader,
    );
  const kept = async () => words(await all("select id, status, answer from idempotency"));
  const event = async (em: Connected) =>
    await appendEvents(em, [{ type: "plan.changed", data: { planId: "oro" } }], NOW, random());

  test.each<[kept: string[], how: "alone" | "mapped" | "beside", what: "event" | "key" | "nothing", because: string]>([
    [["req 201 made"], "alone", "event", "an event is an effect"],
    [["req 201 made"], "mapped", "event", "an event is an effect"],
    [["req 201 made"], "beside", "event", "an event is an effect"],
    [["req 201 made"], "alone", "key", "so is a key, which has no event"],
    [[], "alone", "nothing", "nothing was done: the next request does it"],
  ])("is answered with %j, where %s %s was written (%s)", async (answer, how, what) => {
    const given = writesOf(behalf(true));
    const keys = apiKeyRecords({ read: () => books.em, ...given, random: random() });
    if (what === "key") await keys.add({ name: "shop", hash: "h", scopes: ["read"], last4: "wxyz", by: "ana" }, NOW);
    else {
      const work = async (em: Connected) => (what === "event" ? await event(em) : undefined);
      await (how === "beside" ? given.beside(null, work) : given[how](work));
    }
    expect(await kept()).toEqual(answer);
  });

  test("revoking a key is an effect, too; a refund that is asked for is one", async () => {
    await put("api_key", { id: "k1", name: "shop", hash: "h1" });
    const given = writesOf(behalf(true));
    await apiKeyRecords({ read: () => books.em, ...given, random: seededRandom(1) }).revoke("shop", "ana", NOW);
    expect(await kept()).toEqual(["req 201 made"]);
    await execute("delete from idempotency");
    await put("invoice", { id: "inv", cycle: 1, status: "paid", paid_at: 5 });
    await put("attempt", { id: "att", state: "paid", order_id: "o" });
    const refunds = refundRecords({
      read: () => books.em,
      write: (work) => given.alone(work),
      random: seededRandom(2),
    });
    const asked = { invoiceId: "inv", attemptId: null, amountCents: null, reason: "other", note: null } as const;
    await refunds.request({ ...asked, by: "ana", shownCents: null }, NOW);
    expect(await kept()).toEqual(["req 201 made"]);
  });

  test("names in its events who asked and why; others' events name nobody", async () => {
    await writesOf(behalf(false)).alone(event);
    await event(own());
    expect((await all("select data from event order by sequence")).map(({ data }) => JSON.parse(String(data)))).toEqual(
      [{ planId: "oro", actor: { name: "ana", reason: "because" } }, { planId: "oro" }],
    );
    expect(await kept()).toEqual([]);
  });

  test("is checked first and once; what the check throws leaves all as it was", async () => {
    let checks = 0;
    const given = writesOf(behalf(true, async () => void (checks += 1)));
    await given.alone(event);
    await given.alone(event);
    expect(checks).toBe(1);
    const refused = writesOf(behalf(true, async () => await Promise.reject(new Error("not now"))));
    const before = await all("select 1 as one from event");
    for (const _ of [1, 2]) await expect(refused.alone(event)).rejects.toThrow("not now");
    expect(await all("select 1 as one from event")).toEqual(before);
  });
});

describe("what a customer gave", () => {
  const fiscal = () => fiscalRecords(database());
  const TAX = { rfc: "XEXX010101000", name: "EVA", postalCode: "06700", regime: "601", use: "G03" };
  const change = async (parts: CustomerParts, customerId = "cus") => {
    await fiscal().changeCustomer(customerId, parts, NOW);
    return words(await all("select type, customer_id, data from event order by sequence"));
  };
  beforeEach(async () => {
    await put("customer", { id: "cus", language: "es" }, { id: "other" });
    await put("customer_tax", { customer_id: "other" });
  });

  test("for tax is kept, told without naming anybody, and told once", async () => {
    expect(await fiscal().taxDataOf("cus")).toBe(null);
    const told = ['customer.tax_data_changed cus {"regime":"601","use":"G03"}'];
    expect(await change({ taxData: TAX })).toEqual(told);
    expect(await change({ taxData: TAX })).toEqual(told);
    expect(await fiscal().taxDataOf("cus")).toEqual(TAX);
    expect(await fiscal().taxDataOf("other")).toMatchObject({ name: "ANA", postalCode: "06000", use: "S01" });
    const moved = { ...TAX, name: "EVA LUZ", postalCode: "10740", regime: "612", use: "S01", rfc: "CACX7605101P8" };
    expect(await change({ taxData: moved })).toHaveLength(2);
    expect(await fiscal().taxDataOf("cus")).toEqual(moved);
    expect(words(await all("select customer_id, updated_at from customer_tax order by 1"))).toEqual([
      ...[`cus ${AT}`, "other 0"],
    ]);
  });

  test.each<[parts: CustomerParts, kept: string, told: number, because: string]>([
    [{}, "es null", 0, "nothing was given"],
    [{ profileOf: (was) => was }, "es null", 0, "it is as it was"],
    [{ profileOf: (was) => ({ ...was, metadata: { crm: "7" } }) }, 'es {"crm":"7"}', 1, "one part became another"],
    [{ profileOf: () => ({ language: "en", metadata: null }) }, "en null", 1, "another language"],
  ])("of their own: %j, kept as %s, told %i times (%s)", async (parts, kept, told) => {
    expect(await change(parts)).toHaveLength(told);
    expect(words(await all("select language, metadata from customer order by id"))).toEqual([kept, "null null"]);
  });

  test("of nobody known is refused, and nothing is written", async () => {
    await expect(change({ taxData: TAX }, "none")).rejects.toMatchObject({
      ...{ name: "NotFound", mend: { do: "add_customer", customerId: "none" } },
    });
  });
});

describe("a month for the accountant", () => {
  const [FROM, UNTIL] = [new Date(1000), new Date(2000)];
  const month = async () => await fiscalRecords(database()).month({ from: FROM, until: UNTIL });
  const LINES = JSON.stringify([{ name: "Oro", unitPriceCents: 500, quantity: 1 }]);
  const PAID = { status: "paid", paid_at: 1500, line_items: LINES, opened_at: 1200, period_end: 3000 };
  beforeEach(async () => {
    await put("invoice", { id: "inv", cycle: 1, ...PAID });
    await put("customer_tax", { customer_id: "cus" });
    await put("attempt", { id: "att", state: "paid", payment_method: "card", card_kind: "credit" });
  });

  test.each<[found: string, change: string, because: string]>([
    ["inv", "select 1", "it was paid in it"],
    ["inv", "update invoice set paid_at = 1000", "the first instant is in it"],
    ["", "update invoice set paid_at = 999", "the month before"],
    ["inv", "update invoice set paid_at = 1999", "the last instant"],
    ["", "update invoice set paid_at = 2000", "the next month"],
    ["", "update invoice set status = 'open'", "nothing was paid"],
    ["", "update invoice set status = 'void'", "nothing was sold"],
    ["", "update invoice set amount_cents = 0", "nothing was paid"],
    ["inv", "update invoice set amount_cents = 0, balance_cents = 500", "from the balance"],
    ["", "update invoice set line_items = '{'", "it is damaged, and named apart"],
  ])("has the invoice %p after: %s (%s)", async (found, change) => {
    await execute(change);
    expect((await month()).invoices.map(({ invoiceId }) => invoiceId).join()).toBe(found);
  });

  test("tells of an invoice what its document needs", async () => {
    await execute("update invoice set balance_cents = 40, discount_cents = 20");
    await put("cfdi", { id: "inv", uuid: "u-1", status: "stamped", exported_at: 7 }, { id: "no", uuid: "u-2" });
    await put("cfdi_part", { subject_id: "inv", cfdi_id: "inv" });
    const [invoice] = (await month()).invoices;
    expect(invoice).toMatchObject({
      ...{ currency: "MXN", amountCents: 540, balanceCents: 40, taxes: null, at: new Date(1500) },
      ...{ paidBy: { method: "card", cardKind: "credit", form: null }, isOpenedThisMonth: true },
      ...{ receiver: { rfc: "XAXX010101000" }, lines: [{ name: "Oro", discountCents: 20 }] },
      record: { id: "inv", exportedAt: new Date(7), uuid: "u-1", status: "stamped" },
    });
  });

  test.each<[paidBy: unknown, isOpened: boolean, change: string, because: string]>([
    [{ method: "card", cardKind: "credit", form: null }, true, "update invoice set opened_at = 1000", "in this month"],
    [{ method: "card", cardKind: "credit", form: null }, false, "update invoice set opened_at = 999", "in the last"],
    [null, true, "update attempt set state = 'declined'", "no attempt paid it, and nobody said how it was paid"],
    [
      { method: null, cardKind: null, form: "cash" },
      true,
      "update attempt set state = 'declined'; update invoice set payment_form = 'cash'",
      "a person said how",
    ],
    [null, true, "update attempt set invoice_id = 'other'", "another invoice's attempt"],
  ])("an invoice is paid by %j, opened in it: %s, after: %s (%s)", async (paidBy, isOpened, change) => {
    await execute(change);
    const [invoice] = (await month()).invoices;
    expect([invoice?.paidBy, invoice?.isOpenedThisMonth]).toEqual([paidBy, isOpened]);
  });

  test("has them in the order in which they were paid", async () => {
    await put(
      "invoice",
      { id: "a", cycle: 2, ...PAID },
      { id: "z", cycle: 3, ...PAID, paid_at: 1400 },
      { id: "b", cycle: 4, ...PAID, paid_at: 1600 },
    );
    expect((await month()).invoices.map(({ invoiceId }) => invoiceId)).toEqual(["z", "a", "inv", "b"]);
  });

  const REFUND = { attempt_id: "att", invoice_id: "inv", state: "done", settled_at: 1500, amount_cents: 50 };

  test.each<[found: string, change: string, because: string]>([
    ["ref", "select 1", "it went back in it"],
    ["ref", "update refund set settled_at = 1000", "the first instant is in it"],
    ["", "update refund set settled_at = 999", "the month before"],
    ["", "update refund set settled_at = 2000", "the next month"],
    ["", "update refund set state = 'refused'", "nothing went back"],
    ["", "update refund set settled_at = null", "it is not known to have gone back"],
    ["", "update attempt set state = 'paid_again'", "what was paid twice was no income"],
    ["", "update refund set taxes = '{'", "it is damaged, and named apart"],
  ])("has the refund %p after: %s (%s)", async (found, change) => {
    await put("refund", { id: "ref", ...REFUND });
    await execute(change);
    expect((await month()).refunds.map(({ documentId }) => documentId).join()).toBe(found);
  });

  test("tells of a refund its own document, and the one of its invoice", async () => {
    await put("refund", { id: "ref", ...REFUND });
    await put(
      "cfdi",
      { id: "ref", uuid: "u-r", status: "stamped" },
      { id: "inv", uuid: "u-i", status: "canceled", exported_at: 9 },
    );
    await put("cfdi_part", { subject_id: "inv", cfdi_id: "inv" }, { subject_id: "ref", cfdi_id: "ref" });
    expect((await month()).refunds).toMatchObject([
      {
        ...{ kind: "refund", invoiceId: "inv", amountCents: 50, currency: "MXN", at: new Date(1500), taxes: null },
        paidBy: { method: "card", cardKind: "credit", form: null },
        receiver: { postalCode: "06000" },
        record: { id: "ref", uuid: "u-r", status: "stamped", exportedAt: null },
        original: { id: "inv", uuid: "u-i", status: "canceled", exportedAt: new Date(9) },
      },
    ]);
    await execute("delete from cfdi_part");
    expect((await month()).refunds).toMatchObject([{ record: null, original: null }]);
  });

  const CHANGE = { id: "ch", made_at: 1500, granted_cents: 200 };

  test.each<[found: string, change: string, because: string]>([
    ["ch", "select 1", "the period that was paid runs"],
    ["ch", "update subscription_change set made_at = 1000", "the first instant is in it"],
    ["", "update subscription_change set made_at = 999", "the month before"],
    ["", "update subscription_change set made_at = 2000", "the next month"],
    ["", "update subscription_change set granted_cents = 0", "it gave nothing"],
    ["", "update subscription_change set undone_at = 1600", "it was taken back"],
    ["", "update subscription_change set subscription_id = 'other'", "another subscription's period"],
    ["ch", "update invoice set period_start = 1500", "its first instant"],
    ["", "update invoice set period_start = 1501", "its period had not begun"],
    ["", "update invoice set period_end = 1500", "its period was over"],
    ["ch", "update invoice set period_end = 1501", "its last instant"],
    ["", "update invoice set line_items = '{'", "it is damaged, and named apart"],
  ])("has the credit %p after: %s (%s)", async (found, change) => {
    await put("subscription_change", CHANGE);
    await execute(change);
    expect((await month()).refunds.map(({ documentId }) => documentId).join()).toBe(found);
  });

  test("tells of a credit what it gave, with its document and the one of the invoice of its period", async () => {
    await put("subscription_change", CHANGE);
    await put("invoice", { id: "later", cycle: 2, ...PAID, paid_at: 5000, period_start: 1300 });
    await put("cfdi", { id: "ch", uuid: "u-c", status: "stamped" }, { id: "later", uuid: "u-l", status: "stamped" });
    await put("cfdi_part", { subject_id: "later", cfdi_id: "later" }, { subject_id: "ch", cfdi_id: "ch" });
    expect((await month()).refunds).toMatchObject([
      {
        ...{ kind: "credit", documentId: "ch", invoiceId: "later", amountCents: 200, paidBy: null, at: new Date(1500) },
        ...{ receiver: { regime: "616" }, record: { uuid: "u-c" }, original: { uuid: "u-l" } },
      },
    ]);
  });

  test("has what was paid, given back and credited of a customer who gave no tax data, too", async () => {
    await put("refund", { id: "ref", ...REFUND });
    await put("subscription_change", CHANGE);
    await execute("delete from customer_tax; update invoice set status = 'paid'");
    const found = await month();
    expect(found.invoices.map(({ invoiceId, receiver }) => [invoiceId, receiver])).toEqual([["inv", null]]);
    expect(found.refunds.map((each) => [each.documentId, each.receiver])).toEqual([
      ["ref", null],
      ["ch", null],
    ]);
    expect(await fiscalRecords(database()).unreadable({ from: FROM, until: UNTIL })).toEqual([]);
  });

  test("has refunds and credits in the order in which they were given", async () => {
    await put("refund", { id: "r2", ...REFUND }, { id: "r1", ...REFUND }, { id: "r0", ...REFUND, settled_at: 1600 });
    await put("subscription_change", { ...CHANGE, id: "c2" }, { ...CHANGE, id: "c1", number: 2 });
    await put("subscription_change", { ...CHANGE, id: "c0", number: 3, made_at: 1600 });
    expect((await month()).refunds.map(({ documentId }) => documentId)).toEqual(["r1", "r2", "r0", "c1", "c2", "c0"]);
  });

  test.each<[found: string, change: string, because: string]>([
    ["", "select 1", "nothing is damaged"],
    ["inv", "update invoice set line_items = '{'", "its lines"],
    ["inv", "update invoice set taxes = '{'", "its taxes"],
    ["", "update invoice set taxes = '[]'", "they can be read"],
    ["", "update invoice set line_items = '{', paid_at = 999", "it is of another month"],
    ["", "update invoice set line_items = '{', paid_at = 2000", "it is of another month"],
    ["inv", "update invoice set line_items = '{', paid_at = 1000", "the first instant is in it"],
    ["", "update invoice set line_items = '{', status = 'open'", "it has no document"],
    ["", "update invoice set line_items = '{', amount_cents = 0", "it has no document"],
    ["ref", "update refund set taxes = '{'", "a refund's taxes"],
    ["", "update refund set taxes = '[]'", "they can be read"],
    ["ref", "update refund set taxes = '{', settled_at = 1000", "the first instant is in it"],
    ["", "update refund set taxes = '{', settled_at = 999", "it is of another month"],
    ["", "update refund set taxes = '{', settled_at = 2000", "it is of another month"],
    ["", "update refund set taxes = '{', state = 'refused'", "it has no document"],
    ["", "update refund set taxes = '{'; update attempt set state = 'paid_again'", "it has no document"],
    [
      "inv ch",
      "update invoice set line_items = '{'; update subscription_change set made_at = 1000",
      "a credit's lines",
    ],
    ["inv", "update invoice set line_items = '{'; update subscription_change set made_at = 999", "of another month"],
  ])("has %p of what is damaged after: %s (%s)", async (found, change) => {
    await put("refund", { id: "ref", ...REFUND });
    await put("subscription_change", { ...CHANGE, made_at: 2000 });
    await execute(change);
    expect((await fiscalRecords(database()).unreadable({ from: FROM, until: UNTIL })).join(" ")).toBe(found);
  });
});

describe("the installation", () => {
  test("is made once, and read as it is; without it nothing goes on", async () => {
    await expect(readInstallation(books.em)).rejects.toMatchObject({ name: "DatabaseUnusable", isMisconfigured: true });
    await ensureInstallation(books.em, NOW, seededRandom(1));
    const made = await all("select * from installation");
    expect(made).toMatchObject([{ epoch: 0, created_at: AT, livemode: null }]);
    await ensureInstallation(books.em, later(5), seededRandom(2));
    expect(await all("select * from installation")).toEqual(made);
    expect(await readInstallation(books.em)).toEqual({
      ...{ id: made[0]?.["id"], livemode: null, epoch: 0, mayRepeatOthers: false },
      ...{ haltReason: null, haltKind: null, haltReconcileSince: null },
    });
  });

  test("that was lost is not made anew: under another id its orders would be somebody else's", async () => {
    await put("subscription", { id: "ana" });
    const lost = { name: "DatabaseUnusable", isMisconfigured: true, message: expect.stringContaining("from a backup") };
    await expect(ensureInstallation(books.em, NOW, seededRandom(1))).rejects.toMatchObject(lost);
    expect(await all("select * from installation")).toEqual([]);
    const nodes = nodeOf({ read: () => books.em, alone: (work) => work(books.em, false), rightToCharge: SOLE_RIGHT });
    await expect(nodes.takeOver("own")).rejects.toMatchObject(lost);
  });

  test.each<[livemode: boolean, known: number | null, said: string | null]>([
    [true, null, null],
    [false, null, null],
    [true, 1, null],
    [false, 0, null],
    [true, 0, "is a live key, but this database holds test data"],
    [false, 1, "is a test key, but this database holds live data"],
  ])("is of one mode: with a key whose livemode is %p in books of %p: %p", async (livemode, known, said) => {
    await put("installation", { livemode: known });
    const told = await confirmMode(books.em, livemode).then(
      () => null,
      (error: Error) => error.message,
    );
    expect(told === null ? null : told.includes(String(said))).toBe(said === null ? null : true);
    expect((await readInstallation(books.em)).livemode).toBe(known === null ? livemode : known === 1);
  });

  test("is halted once for each reason, each with its event; the gravest is told", async () => {
    await put("installation", {});
    const halt = async (kind: (typeof HALT_KINDS)[number], because: string) =>
      await haltCharging(books.em, { kind, because }, NOW, random());
    const last = HALT_KINDS.at(-1)!;
    await halt(last, "first");
    await halt(last, "again");
    expect(await readInstallation(books.em)).toMatchObject({ haltKind: last, haltReason: "first" });
    await halt(HALT_KINDS[0], "graver");
    expect(await readInstallation(books.em)).toMatchObject({ haltKind: HALT_KINDS[0], haltReason: "graver" });
    expect((await all("select data from event")).map(({ data }) => JSON.parse(String(data)) as unknown)).toEqual([
      { because: "first", kind: last },
      { because: "graver", kind: HALT_KINDS[0] },
    ]);
  });
});

describe("tax documents", () => {
  const fiscal = () => fiscalRecords(database());
  const document = (documentId: string, invoiceIds?: readonly string[]) =>
    ({ documentId, global: invoiceIds === undefined ? null : { invoiceIds } }) as unknown as Cfdi;
  const stamp = async (id: string, given: Stamp | null = { uuid: "U-1", status: "stamped" }) => {
    const known: (CfdiRecord | null)[] = [];
    const record = await fiscal().stamp(id, NOW, (was) => {
      known.push(was);
      return given;
    });
    return { record, known: known[0] };
  };
  beforeEach(async () => {
    await put(
      "invoice",
      { id: "inv", cycle: 1, status: "paid", paid_at: 5, period_end: 100 },
      { id: "open", cycle: 2 },
    );
    await put("attempt", { id: "att", state: "paid" });
    await put("refund", { id: "ref", state: "done", settled_at: 5 });
  });

  test("are noted as handed out, once more each time; a global one for each of its invoices", async () => {
    expect(await fiscal().recordOf("inv")).toBe(null);
    await fiscal().noteExported([document("inv"), document("glo", ["a", "b"])], NOW);
    await fiscal().noteExported([document("inv")], later(5));
    expect(words(await all("select id, exports, exported_at from cfdi order by id"))).toEqual([
      ...[`glo 1 ${AT}`, `inv 2 ${AT + 5}`],
    ]);
    expect(words(await all("select subject_id, cfdi_id from cfdi_part order by 1"))).toEqual([
      "a glo",
      "b glo",
      "inv inv",
    ]);
    expect([(await fiscal().recordOf("b"))?.id, (await fiscal().recordOf("glo"))?.id]).toEqual(["glo", "glo"]);
    await fiscal().noteExported([document("own", ["b"])], NOW);
    expect((await fiscal().recordOf("b"))?.id).toBe("own");
  });

  test("get the stamp that comes back, with an event of whose they are", async () => {
    await fiscal().noteExported([document("inv")], NOW);
    const { record, known } = await stamp("inv");
    expect(known).toEqual({ id: "inv", exportedAt: NOW, uuid: null, status: null });
    expect(record).toEqual({ id: "inv", exportedAt: NOW, uuid: "U-1", status: "stamped" });
    expect(await fiscal().recordOf("inv")).toEqual(record);
    expect(words(await all("select id, exports, stamped_at from cfdi"))).toEqual([`inv 1 ${AT}`]);
    expect(words(await all("select type, customer_id, subscription_id, invoice_id, data from event"))).toEqual([
      'invoice.cfdi_noted cus sub inv {"documentId":"inv","uuid":"U-1","status":"stamped"}',
    ]);
    // Another one may take its place.
    expect((await stamp("inv", { uuid: "U-2", status: "stamped" })).record.uuid).toBe("U-2");
    expect(words(await all("select id, exports, uuid, status from cfdi"))).toEqual(["inv 1 U-2 stamped"]);
  });

  test("are left as they are where nothing new is said", async () => {
    await stamp("inv");
    expect((await stamp("inv", null)).record).toMatchObject({ uuid: "U-1" });
    expect(await all("select 1 as one from event")).toHaveLength(1);
  });

  test("of a refund are of its invoice; one that was never handed out is stamped, too", async () => {
    const { record, known } = await stamp("ref");
    expect([known, record]).toEqual([null, { id: "ref", exportedAt: null, uuid: "U-1", status: "stamped" }]);
    expect(words(await all("select invoice_id from event"))).toEqual(["inv"]);
    expect(words(await all("select id, exports from cfdi"))).toEqual(["ref 0"]);
    expect(words(await all("select subject_id, cfdi_id from cfdi_part"))).toEqual(["ref ref"]);
  });

  test("of a credit are of the invoice of its period", async () => {
    await put("subscription_change", { id: "ch", made_at: 50, granted_cents: 200 });
    await stamp("ch");
    expect(words(await all("select invoice_id, customer_id from event"))).toEqual(["inv cus"]);
  });

  test("global ones are nobody's: their event names none", async () => {
    await put("cfdi", { id: "glo" });
    await put("cfdi_part", { subject_id: "inv", cfdi_id: "glo" });
    await stamp("glo");
    expect(words(await all("select invoice_id, customer_id from event"))).toEqual(["null null"]);
    expect(words(await all("select subject_id, cfdi_id from cfdi_part"))).toEqual(["inv glo"]);
  });

  test.each<[refused: string, id: string, change: string, because: string]>([
    ["Refused", "open", "select 1", "nothing was paid"],
    ["Refused", "inv", "update invoice set amount_cents = 0 where id = 'inv'", "nothing was paid"],
    ["Refused", "ref", "update refund set state = 'refused'", "nothing went back"],
    ["Refused", "ref", "update attempt set state = 'paid_again'", "what was paid twice was no income"],
    ["NotFound", "none", "select 1", "it is not there"],
    ["Refused", "inv", "insert into cfdi (id, exports, uuid) values ('x', 1, 'u-1')", "another has this stamp"],
    ["stamped", "inv", "insert into cfdi (id, exports, uuid) values ('inv', 1, 'u-1')", "its own is no other's"],
    ["stamped", "inv", "insert into cfdi (id, exports, uuid) values ('x', 1, 'u-2')", "another stamp"],
    ["Refused", "inv", "update cfdi set status = 'stamped' where id = 'glo'", "it is part of one that is stamped"],
    ["stamped", "inv", "update cfdi set status = 'canceled' where id = 'glo'", "the global one was canceled"],
    ["stamped", "inv", "select 1", "the global one was never stamped"],
  ])("%s: of %s after: %s (%s)", async (refused, id, change) => {
    await put("cfdi", { id: "glo" });
    await put("cfdi_part", { subject_id: "inv", cfdi_id: "glo" });
    await execute(change);
    const told = await stamp(id).then(
      ({ record }) => record.status,
      (error: Error) => error.name,
    );
    expect(told).toBe(refused);
    expect(await all("select 1 as one from event")).toHaveLength(refused === "stamped" ? 1 : 0);
  });

  test("of an invoice that was moved to an archive say where it is", async () => {
    await put("archive", { id: "arc", file: "/srv/old.db" });
    await put("archived_invoice", { invoice_id: "gone", archive_id: "arc" });
    await expect(stamp("gone")).rejects.toThrow("/srv/old.db");
  });
});

describe("the books open for a person", () => {
  const open = () => recordsIn(books.em, NOW, random(), 300);

  test("a row that was read or added is the same whenever it is asked for, and is written at the end", async () => {
    await put("plan", { id: "oro" });
    await put("customer", { id: "cus" });
    await put("subscription", { id: "sub" });
    const records = open();
    expect(await records.plan("oro")).toBe(await records.plan("oro"));
    expect(await records.customer("cus")).toBe(await records.customer("cus"));
    expect(await records.subscription("sub")).toBe(await records.subscription("sub"));
    expect([await records.plan("no"), await records.customer("no"), await records.subscription("no")]).toEqual([
      ...[null, null, null],
    ]);
    records.addPlan(planOf({ id: "plata" }));
    records.addSubscription(subscriptionOf("new"));
    expect([(await records.plan("plata"))?.id, (await records.subscription("new"))?.id]).toEqual(["plata", "new"]);
    (await records.plan("oro"))!.name = "Otro";
    await records.flush();
    expect(words(await all("select id, name, expiry_counts from plan order by id"))).toEqual([
      ...["oro Otro charges", "plata Plan Oro charges"],
    ]);
    expect(words(await all("select id, created_at from subscription where id = 'new'"))).toEqual([`new ${AT}`]);
  });

  test("one that was removed is there no more, and one of the same id can be added", async () => {
    await put("plan", { id: "oro" });
    await put("subscription", { id: "two" });
    await put("invoice", { id: "inv_sub_1", cycle: 1 });
    const records = open();
    await records.plan("oro");
    await records.subscription("two");
    await records.removeInvoice("inv_sub_1");
    records.addInvoice(invoiceOf(subscriptionOf("sub"), 1));
    await records.removeSubscription("two");
    expect(await records.subscription("two")).toBe(null);
    records.addSubscription(subscriptionOf("two", { quantity: 3 }));
    await records.removePlan("oro");
    await records.flush();
    expect(await all("select id from plan")).toEqual([]);
    expect(words(await all("select id, quantity from subscription"))).toEqual(["two 3"]);
    expect(words(await all("select id, amount_cents, opened_at from invoice"))).toEqual([`inv_sub_1 20015 ${AT}`]);
  });

  test("each search finds what was added just before, in its order", async () => {
    await put("plan", { id: "b" });
    await put("coupon", { code: "B" });
    await put("subscription", { id: "z", plan_id: "oro" }, { id: "y", plan_id: "b", customer_id: "cus_2" });
    const records = open();
    records.addPlan(planOf({ id: "a" }));
    expect((await records.plans()).map(({ id }) => id)).toEqual(["a", "b"]);
    records.addSubscription(subscriptionOf("x", { customerId: "cus" }));
    const ids = (found: readonly { readonly id: string }[]) => found.map(({ id }) => id).join("");
    expect(ids(await records.subscriptions())).toBe("xyz");
    expect(ids(await records.subscriptions({ planId: "b" }))).toBe("y");
    expect(ids(await records.subscriptions({ customerIds: ["cus_2", "cus"] }))).toBe("xyz");
    expect(ids(await records.subscriptions({ planId: "oro", customerIds: ["cus_2"] }))).toBe("");
    expect(ids(await records.subscriptions({ planId: "oro", customerIds: ["cus"] }))).toBe("xz");
    expect([await records.hasSubscriptions("oro"), await records.hasSubscriptions("a")]).toEqual([true, false]);
    const other = { amountCents: 5, currency: "MXN", percentHundredths: null, cycles: null, redeemBy: null };
    records.addCoupon({ ...other, code: "A", maxRedemptions: null, planIds: null, archivedAt: null, source: "code" });
    expect((await records.coupons()).map(({ code }) => code)).toEqual(["A", "B"]);
    expect([(await records.coupon("B"))?.code, await records.coupon("C")]).toEqual(["B", null]);
  });

  test("subscriptions of more customers than one statement takes come in one order", async () => {
    await put("subscription", { id: "b", customer_id: "c0" }, { id: "a", customer_id: "c1500" });
    const customerIds = Array.from({ length: 1501 }, (_, at) => `c${at}`);
    expect((await open().subscriptions({ customerIds })).map(({ id }) => id)).toEqual(["a", "b"]);
  });

  test("what was read ahead costs nothing more, what is not there neither", async () => {
    await put("customer", { id: "c1" }, { id: "c2" });
    await put("subscription", { id: "s1" }, { id: "s2" });
    const records = open();
    await records.prefetch({ customerIds: ["c1", "c3"], subscriptionIds: ["s1", "s3"] });
    await execute("delete from customer; delete from subscription; insert into customer (id, name) values ('c3', 'x')");
    await put("subscription", { id: "s3" });
    const found = [await records.customer("c1"), await records.subscription("s1")].map((row) => row?.id);
    expect(found).toEqual(["c1", "s1"]);
    expect([await records.customer("c3"), await records.subscription("s3")]).toEqual([null, null]);
    expect([await records.customer("c2"), await records.subscription("s2")]).toEqual([null, null]);
  });

  test("changes, coupons and items are the subscription's own, in their order", async () => {
    const grant = { fromCycle: 0, untilCycle: null, grantedAt: NOW, grantedBy: "ana" };
    await put("subscription_change", { id: "c2", number: 2 }, { id: "other", subscription_id: "sub_2" });
    await put(
      "coupon_grant",
      { id: "g2", number: 2, coupon_code: "ONCE" },
      { id: "other", subscription_id: "sub_2", coupon_code: "DIEZ" },
    );
    await put(
      "item",
      { id: "i1", key: "k1", invoice_id: "inv" },
      { id: "i2", key: "k2", invoice_id: "inv" },
      { id: "i3", key: "k3", invoice_id: "two" },
      { id: "i4", key: "k4", invoice_id: "inv", customer_id: "cus_2" },
    );
    const records = open();
    const [change] = await records.changes("sub");
    records.addChange({ ...change!, id: "c1", number: 1 });
    expect((await records.changes("sub")).map(({ id }) => id)).toEqual(["c1", "c2"]);
    records.addCouponGrant({ ...grant, id: "g1", subscriptionId: "sub", couponCode: "DIEZ", number: 1 } as never);
    expect((await records.couponGrants("sub")).map(({ id }) => id)).toEqual(["g1", "g2"]);
    expect([await records.redemptions("DIEZ"), await records.redemptions("NO")]).toEqual([2, 0]);
    expect([(await records.item("k3"))?.id, await records.item("k9")]).toEqual(["i3", null]);
    expect(await records.itemLines({ id: "inv", customerId: "cus" })).toBe(2);
  });

  test.each<[has: boolean, table: Table | null, row: Readonly<Record<string, string>>, because: string]>([
    [false, null, {}, "nothing names it"],
    [true, "invoice", { id: "inv" }, "an invoice"],
    [true, "consent", { id: "con" }, "what the customer agreed to"],
    [true, "coupon_grant", { id: "g" }, "a coupon"],
    [true, "item", { id: "i", key: "k", subscription_id: "sub" }, "an item"],
    [true, "subscription_change", { id: "c" }, "another plan"],
    [false, "invoice", { id: "inv", subscription_id: "sub_2" }, "another's"],
  ])("a subscription has a past: %s, by a row of %p %j (%s)", async (has, table, row) => {
    if (table !== null) await put(table, row);
    expect(await open().hasPast("sub")).toBe(has);
  });

  test("each of them counts while it is not yet written", async () => {
    const records = open();
    records.addInvoice(invoiceOf(subscriptionOf("sub"), 1));
    expect(await records.hasPast("sub")).toBe(true);
  });

  test("the ledger of a customer goes on, one for each currency", async () => {
    const records = open();
    expect(await records.balance("cus", "MXN")).toEqual({ number: 0, balanceCents: 0 });
    await records.addBalanceEntry({
      ...{ id: "cus/MXN/1", customerId: "cus", currency: "MXN", number: 1, kind: "grant", amountCents: 50 },
      ...{ balanceCents: 50, invoiceId: null, reason: "a gift", actor: "ana" },
    });
    expect(await records.balance("cus", "MXN")).toEqual({ number: 1, balanceCents: 50 });
    expect(await records.balance("cus", "USD")).toEqual({ number: 0, balanceCents: 0 });
    expect((await records.waitingFor(subscriptionOf("sub", { customerId: "cus" }), "MXN")).balance.balanceCents).toBe(
      50,
    );
  });

  test("invoices come by their statuses, those of no cycle first; what was paid of one is counted with what was added", async () => {
    await put(
      "invoice",
      { id: "i3", cycle: 3 },
      { id: "i2", cycle: 2, status: "paid", paid_at: 1, balance_cents: 7 },
      { id: "i1", cycle: 1, status: "void" },
      { id: "i0", cycle: null },
      { id: "other", cycle: 9, subscription_id: "sub_2" },
    );
    const records = open();
    const found = await records.invoices({ subscriptionId: "sub", statuses: ["open", "paid"] });
    expect(found.map(({ id }) => id)).toEqual(["i0", "i2", "i3"]);
    expect([(await records.invoice("i1"))?.status, await records.invoice("none")]).toEqual(["void", null]);
    await put("archive", { id: "arc", file: "/srv/old.db" });
    await put("archived_invoice", { invoice_id: "gone", archive_id: "arc" });
    await expect(records.invoice("gone")).rejects.toThrow("/srv/old.db");
  });

  test("what was written just now is found by each search, and by who counts what was paid", async () => {
    const records = open();
    const paid = { status: "paid", paidAt: NOW, balanceCents: 7, nextAttemptAt: null } as const;
    records.addInvoice(invoiceOf(subscriptionOf("sub"), 1, paid));
    expect(await records.paidCents("inv_sub_1")).toBe(20_022);
    records.addInvoice(invoiceOf(subscriptionOf("sub"), 2));
    const found = await records.invoices({ subscriptionId: "sub", statuses: ["open"] });
    expect(found.map(({ id }) => id)).toEqual(["inv_sub_2"]);
  });

  test.each(["read by its id", "found by its status"])(
    "an invoice that becomes void, %s, gives back what it used",
    async (how) => {
      await put("invoice", { id: "inv", cycle: 1, next_attempt_at: 5 }, { id: "two", cycle: 2 });
      await put("item", { id: "i1", key: "k1" }, { id: "i2", key: "k2", invoice_id: "two" });
      const records = open();
      await records.use({ coupons: 0, items: [{ itemId: "i1", invoiceId: "inv" }], entries: [] });
      await records.use({ coupons: 0, items: [], entries: [] });
      expect(words(await all("select id, invoice_id from item order by id"))).toEqual(["i1 inv", "i2 two"]);
      const [found] = how.startsWith("read")
        ? [await records.invoice("inv")]
        : await records.invoices({ subscriptionId: "sub", statuses: ["open"] });
      Object.assign(found!, transition(found!, { status: "void", statusReason: "voided_by_person" }));
      await records.flush();
      expect(words(await all("select id, invoice_id, last_invoice_id from item order by id"))).toEqual([
        ...["i1 null inv", "i2 two null"],
      ]);
    },
  );

  test("a charge that a person denies, a page that ends, a dispute and a refund are written with the rest", async () => {
    await put("invoice", { id: "inv", cycle: 1 });
    await put("attempt", { id: "att", state: "paid" }, { id: "page", flow: "link", state: "pending" });
    await put("payment_link", { id: "l", attempt_id: "page", invoice_id: "inv" });
    await put("dispute", { id: "old", charge_id: "c0", attempt_id: "att" });
    const records = open();
    records.noteDenied("att", later(5));
    expect([await records.endLink("inv", "person"), await records.endLink("two", "person")]).toEqual([true, false]);
    const known = await records.dispute("old");
    await records.putDispute({ ...known!, id: "new", chargeId: "c1" });
    expect((await records.disputesOfSubscription("sub")).map(({ id }) => id)).toEqual(["new", "old"]);
    expect([(await records.disputesOf("ord")).length, await records.dispute("none")]).toEqual([2, null]);
    await records.addShownRefund({
      ...{ id: "ref", invoiceId: "inv", attemptId: "att", orderId: "ord", amountCents: 5, currency: "MXN" },
      because: "Conekta shows it",
    });
    expect(await records.countedRefundCents(["att"])).toBe(5);
    await records.flush();
    expect(words(await all("select attempt_id, recheck_at from denied_charge"))).toEqual([`att ${AT + 5}`]);
    expect(words(await all("select type, invoice_id from event"))).toEqual(["invoice.payment_link_closing inv"]);
  });

  test.each<[found: string | null, state: string]>([
    ["att", "claimed"],
    ["att", "sending"],
    ["att", "unknown"],
    ["att", "pending"],
    [null, "declined"],
    [null, "paid"],
    [null, "released"],
  ])("the open attempt of an invoice is %p where it is %s", async (found, state) => {
    await put(
      "attempt",
      { id: "att", state },
      { id: "other", state: "sending", invoice_id: "two", customer_id: "cus_2" },
    );
    const { id, state: is, flow } = (await open().openAttempt("inv")) ?? {};
    expect([id ?? null, is, flow]).toEqual([found, ...(found === null ? [undefined, undefined] : [state, "single"])]);
  });

  test.each<[is: boolean, afterCancel: string | null, invoiceId: string]>([
    [true, "asked", "inv"],
    [false, "kept", "inv"],
    [false, null, "inv"],
    [false, "asked", "two"],
  ])("a late payment is kept: %s, where it is %p and the attempt of %s", async (is, afterCancel, invoiceId) => {
    await put("attempt", { id: "att", after_cancel: afterCancel, invoice_id: invoiceId });
    expect(await open().keepLatePayment("inv")).toBe(is);
    const [row] = await all("select after_cancel from attempt");
    expect(row?.["after_cancel"]).toBe(is ? "kept" : afterCancel);
  });
});

describe("who pays", () => {
  const open = () => recordsIn(books.em, NOW, random(), 300);
  const told = async (records: ReturnType<typeof open>) => {
    await records.flush();
    return words(await all("select type, customer_id from event order by sequence"));
  };

  test("is read: his failures to be read are forgotten; who is taken on trust was never read", async () => {
    await put("customer", { id: "cus", deleted_at: 3, language: "es" });
    await put("read_failure", { id: "cus" }, { id: "other" });
    const records = open();
    await records.putCustomer(customerOf("cus", { cardLast4: "1111" }));
    await records.putCustomer(customerOf("trusted", { name: "trusted" }));
    expect((await records.customer("trusted"))?.name).toBe("trusted");
    await records.flush();
    expect(
      words(await all("select id, name, card_last4, read_at, deleted_at, language from customer order by id")),
    ).toEqual([...[`cus Señora cus 1111 ${AT} null es`, "trusted trusted 4242 null null null"]]);
    expect(words(await all("select id from read_failure"))).toEqual(["other"]);
  });

  test("is gone: once, without a card, and read anew whenever asked for", async () => {
    await put("customer", { id: "cus", payment_source_id: "src" }, { id: "other", payment_source_id: "src_2" });
    await put("read_failure", { id: "cus" });
    const records = open();
    const [known] = [await records.customer("cus")];
    Object.assign(known!, { name: "Ana Luz", paymentSourceId: "src_9" });
    expect([await records.customerIsGone("cus"), await records.customerIsGone("cus")]).toEqual([true, false]);
    expect(await records.customerIsGone("none")).toBe(false);
    await records.flush();
    expect(
      words(await all("select id, name, payment_source_id, deleted_at, read_at from customer order by id")),
    ).toEqual([...[`cus Ana Luz null ${AT} ${AT}`, "other Ana src_2 null null"]]);
    expect(await all("select id from read_failure")).toEqual([]);
  });

  test("has another card: what failed is tried, and told of with its subscription", async () => {
    await put("plan", { id: "oro" });
    await put("customer", { id: "cus", payment_source_id: "src_a", read_at: 3 });
    await put("subscription", { id: "sub", status: "past_due" });
    await put("invoice", {
      ...{ id: "inv", cycle: 1, dunning_step: "wait_for_card", dunning_class: "new_card", dunning_due_at: AT + 5 },
    });
    const records = open();
    await records.retryWithNewCard("cus", "src_b");
    expect(await told(records)).toEqual(["invoice.retry_scheduled cus", "subscription.recovered cus"]);
  });

  test("has the card that the books know, which is tried where it never was, though it was written just now", async () => {
    await put("plan", { id: "oro" });
    await put("customer", { id: "cus", read_at: 3 });
    await put("subscription", { id: "sub", status: "past_due" });
    await put("invoice", {
      ...{ id: "inv", cycle: 1, declines: 1, dunning_step: "wait_for_card", dunning_class: "new_card" },
      ...{ dunning_due_at: AT + 5, first_declined_at: AT - 5 },
    });
    const records = open();
    await records.putCustomer(customerOf("cus"));
    await records.tryKnownCard("cus");
    expect(await told(records)).toEqual(["invoice.retry_scheduled cus"]);
  });

  test("has another card, written just now: what was given up as unpaid goes on", async () => {
    await put("plan", { id: "oro" });
    await put("customer", { id: "cus", read_at: 3 });
    await put("subscription", { id: "sub", status: "unpaid" }, { id: "other", status: "unpaid", customer_id: "x" });
    await put("invoice", { id: "inv", cycle: 1, status: "uncollectible" });
    await put("attempt", { id: "att", payment_source_id: "src_old", decline_class: "new_card", sent_at: 5 });
    const records = open();
    await records.putCustomer(customerOf("cus"));
    await records.retryWithNewCard("cus", "src_cus");
    expect(await told(records)).toEqual(["subscription.resumed cus"]);
    expect(words(await all("select id, status from subscription order by id"))).toEqual(["other unpaid", "sub active"]);
  });

  test("is known to who asks as it was written just now", async () => {
    const records = open();
    await records.putCustomer(customerOf("cus"));
    expect((await records.payers(["cus"])).get("cus")?.card.paymentSourceId).toBe("src_cus");
    await records.putCustomer(customerOf("two"));
    expect((await records.cardOwner("src_two"))?.customerId).toBe("two");
    await records.putCustomer(customerOf("three"));
    await put("attempt", { id: "att", decline_class: "never_again", payment_source_id: "src_three", sent_at: 5 });
    await put("invoice", { id: "inv", cycle: 1 });
    expect((await records.forbiddenCards("three")).map(({ paymentSourceId }) => paymentSourceId)).toEqual([
      "src_three",
    ]);
  });

  test("was told of his card, or is to be", async () => {
    await put("customer", { id: "cus" }, { id: "other" });
    await open().noteCardNotice("cus", "src:30");
    expect(words(await all("select id, card_notice from customer order by id"))).toEqual(["cus src:30", "other null"]);
    await put("payment_link", { id: "l1", attempt_id: "l1", invoice_id: "inv", keep_card_at: 5 });
    await put("payment_link", { id: "l2", attempt_id: "l2", invoice_id: "inv", keep_card_at: 5 });
    await open().cardIsKept("l1");
    expect(words(await all("select id, keep_card_at from payment_link order by id"))).toEqual(["l1 null", "l2 5"]);
  });

  test("has cards that must never be charged again, until each is cleared", async () => {
    await put("customer", { id: "cus", payment_source_id: "src_a" });
    await put("invoice", { id: "inv", cycle: 1 });
    await put("attempt", {
      ...{ id: "att", decline_class: "never_again", payment_source_id: "src_a", card_last4: "1111", settled_at: 5 },
    });
    const records: Records = open();
    expect((await records.forbiddenCards("cus")).map(({ cardLast4 }) => cardLast4)).toEqual(["1111"]);
    expect(await records.forbiddenCards("other")).toEqual([]);
    const owner = await records.cardOwner("src_a");
    expect(owner?.customerId).toBe("cus");
    expect(await records.clearCard(owner!, ["never_again"])).toBe(1);
    expect(await records.forbiddenCards("cus")).toEqual([]);
  });
});

describe("deliveries that are due", () => {
  test("come in the order in which they fell due, each with what its event is about", async () => {
    await put("installation", { livemode: 1 });
    await put("plan", { id: "oro" });
    await put("customer", {
      id: "cus",
      card_brand: "visa",
      card_last4: "4242",
      card_exp_month: 12,
      card_exp_year: 2030,
    });
    await put("subscription", { id: "sub" });
    await put("invoice", { id: "inv", cycle: 3, order_id: "ord_i", period_start: 5, period_end: 6, tax_cents: 8 });
    await put("attempt", { id: "att", charge_id: "chr", card_brand: "mc", card_last4: "1111" });
    await put("payment_link", { id: "lnk", attempt_id: "att", invoice_id: "inv", url: "https://x", expires_at: 9 });
    const of = { customer_id: "cus", subscription_id: "sub", invoice_id: "inv", attempt_id: "att" };
    await put(
      "event",
      { id: "e1", sequence: 2, at: 7, ...of },
      { id: "e2", sequence: 1 },
      { id: "e3", sequence: 3, data: "{" },
      { id: "e4", sequence: 4 },
    );
    await put(
      "event_delivery",
      { event_id: "e1", next_try_at: AT - 1, tries: 2 },
      { event_id: "e2", next_try_at: AT - 1 },
      { event_id: "e3", next_try_at: AT },
      { event_id: "e4", next_try_at: AT + 1 },
    );
    const due = await dueDeliveries(books.em, NOW, 9);
    expect(due.map(({ eventId, tries, event }) => `${eventId} ${tries} ${event === null}`)).toEqual([
      ...["e2 0 false", "e1 2 false", "e3 0 true"],
    ]);
    expect((await dueDeliveries(books.em, NOW, 1)).map(({ eventId }) => eventId)).toEqual(["e2"]);
    const bare = { customer: null, subscription: null, invoice: null, attempt: null, paymentLink: null };
    expect(due[0]?.event).toEqual({ type: "invoice.paid", at: new Date(0), livemode: true, data: {}, ...bare });
    expect(due[1]?.event).toMatchObject({
      ...{ at: new Date(7), subscription: { id: "sub", planId: "oro", planName: "Plan Oro" } },
      customer: { id: "cus", name: "Ana", cardBrand: "visa", cardLast4: "4242", cardExpMonth: 12, cardExpYear: 2030 },
      invoice: { id: "inv", cycle: 3, periodStart: new Date(5), periodEnd: new Date(6), amountCents: 500, taxCents: 8 },
      attempt: { id: "att", orderId: "ord_i", chargeId: "chr", cardBrand: "mc", cardLast4: "1111" },
      paymentLink: { url: "https://x", expiresAt: new Date(9), methods: ["card"] },
    });
    await execute("update installation set livemode = null; update attempt set order_id = 'ord_a'");
    const [, again] = await dueDeliveries(books.em, NOW, 9);
    expect([again?.event?.livemode, again?.event?.attempt?.orderId]).toEqual([null, "ord_a"]);
  });
});
