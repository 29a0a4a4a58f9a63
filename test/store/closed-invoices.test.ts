/** Which closed invoices may go to an archive: each condition alone, over rows that no rule of the tables keeps in order. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { seededRandom } from "../../src/adapters/random.ts";
import { archiveRecords, isArchived, mustNotBeArchived } from "../../src/adapters/store/records/archives.ts";
import type { ArchivedRow, ArchivePlace, ArchiveRecords } from "../../src/application/ports/archive.ts";
import type { MadeFor } from "../../src/application/ports/reconcile.ts";
import { bareRows } from "../support/bare-rows.ts";

/** The day of the archive. */
const DAY = 1_000;
const books = bareRows();
const { execute } = books;
let archive: ArchiveRecords;
beforeEach(async () => {
  archive = archiveRecords({ read: () => books.em, write: (work) => work(books.em), random: seededRandom(1) });
  await execute(BOOKS);
});

const plan = (id: string, count: number | null) =>
  `insert into plan (id, name, currency, interval, frequency, trial_period_days, expiry_count, line_items, dunning, catch_up, source)
   values ('${id}', '${id}', 'MXN', 'month', 1, 0, ${count}, '[]', 'standard', 'all', 'code');`;
const subscription = (id: string, planId: string) =>
  `insert into subscription (id, plan_id, customer_id, status, time_zone, start_local, anchor_local, quantity, bill_past, first_cycle, next_cycle, source)
   values ('${id}', '${planId}', 'cus', 'active', 'UTC', '2026-01-31T09:00', '2026-01-31T09:00', 1, 0, 0, 9, 'code');`;
const invoice = (id: string, subscriptionId: string, cycle: number, status: string, at: number) =>
  `insert into invoice (id, subscription_id, customer_id, cycle, period_start, period_end, amount_cents, discount_cents, currency,
     line_items, status, missed, declines, faults, balance_cents, opened_at, paid_at)
   values ('${id}', '${subscriptionId}', 'cus', ${cycle}, 0, ${at}, 500, 0, 'MXN', '[]', '${status}', 0, 0, 0, 0, ${at - 10},
     ${status === "paid" ? at - 5 : null});`;
const attempt = (id: string, invoiceId: string, state: string, at: number) =>
  `insert into attempt (id, invoice_id, customer_id, number, state, reference, flow, amount_cents, currency, claimed_by,
     claim_epoch, claimed_at, claimed_until, sent_at, settled_at, paid_at, inquiries, evidence)
   values ('${id}', '${invoiceId}', 'cus', 1, '${state}', '${invoiceId}-1', 'single', 500, 'MXN', 'own', 1, 0, 0, 0, ${at}, ${at}, 0, '[]');`;
const event = (id: string, invoiceId: string | null, at: number, sequence: number) =>
  `insert into event (id, at, type, invoice_id, data, sequence)
   values ('${id}', ${at}, 'invoice.paid', ${invoiceId === null ? null : `'${invoiceId}'`}, '{}', ${sequence});`;
const delivery = (eventId: string, state: string) =>
  `insert into event_delivery (event_id, state, tries, next_try_at, created_at) values ('${eventId}', '${state}', 0, 0, 0);`;
const refund = (invoiceId: string, settledAt: number | null) =>
  `insert into refund (id, invoice_id, attempt_id, order_id, amount_cents, currency, reason, requested_by, state, created_at, settled_at)
   values ('ref_${invoiceId}', '${invoiceId}', 'att_i', 'ord', 5, 'MXN', 'other', 'ana', 'requested', 0, ${settledAt});`;
const dispute = (invoiceId: string) =>
  `insert into dispute (id, charge_id, order_id, attempt_id, invoice_id, subscription_id, customer_id, amount_cents, currency, status, outcome, opened_at)
   values ('dsp_${invoiceId}', '${invoiceId}', 'ord', 'att', '${invoiceId}', 's', 'cus', 5, 'MXN', 'won', 'won', 0);`;
const link = (invoiceId: string, expiresAt: number, times = "null, null") =>
  `insert into payment_link (id, attempt_id, invoice_id, methods, requested_by, created_at, expires_at, rechecks, recheck_at, keep_card_at)
   values ('lnk_${invoiceId}', 'lnk_${invoiceId}', '${invoiceId}', '[]', 'ana', 0, ${expiresAt}, 0, ${times});`;
const item = (invoiceId: string, lastInvoiceId: string) =>
  `insert into item (id, key, customer_id, name, amount_cents, discount_cents, currency, created_at, created_by, invoice_id, last_invoice_id)
   values ('itm_${invoiceId}', '${invoiceId}', 'cus', 'Locker', 5, 0, 'MXN', 0, 'ana', '${invoiceId}', ${lastInvoiceId});`;
const entry = (invoiceId: string, number: number) =>
  `insert into balance_entry (id, customer_id, currency, number, kind, amount_cents, balance_cents, invoice_id, reason, actor, at)
   values ('${invoiceId}', 'cus', 'MXN', ${number}, 'applied', -5, 0, '${invoiceId}', 'invoice', 'puntual', 0);`;
const denied = (attemptId: string) =>
  `insert into denied_charge (attempt_id, denied_at, rechecks) values ('${attemptId}', 0, 0);`;
const unread = (attemptId: string) =>
  `insert into read_failure (id, kind, failures, failed_since, failed_at, next_read_at, because)
   values ('${attemptId}', 'attempt', 1, 0, 0, 0, 'status 500');`;

/** `i` may go: paid just before the day, its period over on it. The next cycle was paid, too, and keeps all that can keep one. */
const BOOKS = [
  plan("p", null) + plan("counted", 12) + subscription("s", "p") + subscription("t", "counted"),
  invoice("i", "s", 1, "paid", DAY) + invoice("n", "s", 2, "paid", DAY + 20) + invoice("m", "s", 3, "open", DAY + 40),
  attempt("att_i", "i", "paid", DAY - 1) + attempt("att_n", "n", "paid_again", DAY + 5),
  event("evt_i", "i", DAY - 1, 1) + event("evt_n", "n", DAY, 2) + event("evt_last", null, DAY, 100),
  delivery("evt_n", "pending") +
    "insert into installation (id, epoch, created_at, notified_through) values ('ins', 0, 0, 100);",
  refund("n", null) +
    dispute("n") +
    link("n", DAY + 5, "5, 5") +
    item("n", "'n'") +
    entry("n", 1) +
    denied("att_n") +
    unread("att_n"),
].join("\n");

const i = (change: string) => `update invoice set ${change} where id = 'i'`;
const its = (change: string) => `update attempt set ${change} where id = 'att_i'`;

describe("a closed invoice", () => {
  test.each<[is: "goes" | "stays", change: string, because: string]>([
    ["goes", "select 1", "nothing keeps it"],
    ["stays", i(`opened_at = ${DAY}`), "it was opened on the day"],
    ["goes", i(`opened_at = ${DAY - 1}`), "it was opened before it"],
    ["stays", i("status = 'uncollectible'"), "it may still be collected"],
    ["stays", i("status = 'open'"), "it is to be charged"],
    ["stays", i("cycle = null"), "its key keeps it from being charged twice"],
    ["stays", i(`period_end = ${DAY + 1}`), "its period was not over"],
    ["stays", i(`paid_at = ${DAY}`), "it was paid on the day"],
    ["goes", i(`paid_at = ${DAY - 1}`), "it was paid before it"],
    ["stays", i("cycle = 4"), "the last cycle says where the subscription goes on"],
    ["stays", "update invoice set status = 'void', paid_at = null where id = 'n'", "its payment is the last"],
    ["stays", `update invoice set paid_at = ${DAY - 5} where id = 'n'`, "no payment is later than its own"],
    ["stays", "update invoice set subscription_id = 't' where id = 'n'", "another subscription's payment says nothing"],
    ["goes", i("status = 'void', paid_at = null"), "that it was void is asked by nobody"],
    ["stays", "update plan set expiry_count = 12; " + i("status = 'void', paid_at = null"), "void cycles are counted"],
    ["goes", "update plan set expiry_count = 12", "paid ones are counted by their number"],
    ...["claimed", "sending", "pending", "unknown"].map((state): ["stays", string, string] => [
      "stays",
      its(`state = '${state}', settled_at = null`),
      "money may still move",
    ]),
    ["stays", its("state = 'paid_again'"), "it is to be refunded"],
    ["stays", its("after_cancel = 'asked'"), "a person decides about it"],
    ["goes", its("after_cancel = 'kept'"), "a person has decided"],
    ["stays", its(`settled_at = ${DAY}`), "it was settled on the day"],
    ["stays", its("decline_class = 'never_again'"), "its card must never be charged again"],
    ["goes", its("decline_class = 'never_again', card_cleared_at = 1"), "its card may be charged again"],
    ["goes", its("decline_class = 'retry_later'"), "such a decline decides nothing for so long"],
    ["stays", denied("att_i"), "a person's word stands against it"],
    ["stays", unread("att_i"), "it could not be read"],
    ["stays", refund("i", null), "money is on its way back"],
    ["stays", refund("i", DAY), "money went back on the day"],
    ["goes", refund("i", DAY - 1), "money went back before it"],
    ["stays", dispute("i"), "a dispute may be taken up again"],
    ["stays", link("i", 5, "5, null"), "its page is read once more"],
    ["stays", link("i", 5, "null, 5"), "the card that paid it is to be kept"],
    ["stays", link("i", DAY), "its page could be paid on the day"],
    ["goes", link("i", DAY - 1), "its page was over before it"],
    ["stays", item("i", "null"), "the item's key keeps it from being charged twice"],
    ["stays", item("x", "'i'"), "the item was on it last"],
    ["stays", entry("i", 2), "the balance is the sum of its entries"],
    ["stays", `update event set at = ${DAY} where id = 'evt_i'`, "it was touched on the day"],
    [
      "stays",
      "update event set sequence = 101 where id = 'evt_i'; update installation set notified_through = 200",
      "the next event is numbered after it",
    ],
    ["stays", "update installation set notified_through = 0", "its event is not told yet"],
    ["goes", "update installation set notified_through = 1", "its event was passed"],
    ["goes", "update installation set notified_through = null", "no event is told to anybody"],
    ["stays", delivery("evt_i", "pending"), "its event is being told"],
    ["goes", delivery("evt_i", "delivered"), "its event was told"],
  ])("%s: %s (%s)", async (is, change) => {
    await execute(change);
    const { ids } = await archive.closed(new Date(DAY), { after: null, limit: 10 });
    expect([ids, await archive.count(new Date(DAY))]).toEqual(is === "goes" ? [["i"], 1] : [[], 0]);
    // Asked again when it was copied: it may be needed since.
    const begun = await archive.begin({ file: "old.db", before: new Date(DAY) }, new Date(DAY));
    const counts = await archive.takeAway(begun, { ids: ["i"], tables: await rowsOfIt(), after: null });
    expect(counts).toMatchObject({ invoices: is === "goes" ? 1 : 0 });
    expect(await archive.moved(["i", "n"])).toEqual(new Set(is === "goes" ? ["i"] : []));
  });

  async function rowsOfIt(): Promise<Record<string, ArchivedRow[]>> {
    const tables: Record<string, ArchivedRow[]> = { invoice: await books.all("select * from invoice where id = 'i'") };
    for (const name of ["attempt", "event", "refund", "payment_link"])
      tables[name] = await books.all(`select * from ${name} where invoice_id = 'i'`);
    return tables;
  }
});

describe("closed invoices", () => {
  const before = new Date(DAY);

  test.each<[limit: number, pages: string[]]>([
    [1, ["", "i", "", ""]],
    [2, ["i", ""]],
    [3, ["i", ""]],
    [4, ["i"]],
  ])("come page by page, %i looked at each time, by their opening and then their id", async (limit, pages) => {
    await execute(invoice("h", "s", 4, "open", DAY - 10) + invoice("j", "s", 5, "open", DAY));
    const found: string[] = [];
    for (let after: ArchivePlace | null = null; ;) {
      const page = await archive.closed(before, { after, limit });
      found.push(page.ids.join(" "));
      expect(page.tables["invoice"]?.map(({ id }) => id)).toEqual(page.ids);
      ({ after } = page);
      if (after === null) break;
    }
    expect(found).toEqual(pages);
  });

  test("are counted to the last, however many stay before it", async () => {
    await execute(
      `insert into invoice (id, subscription_id, customer_id, cycle, period_start, period_end, amount_cents, discount_cents,
         currency, line_items, status, missed, declines, faults, balance_cents, opened_at)
       with recursive n(n) as (select 1 union all select n + 1 from n where n < 1200)
       select 'a' || n, 's', 'cus', n + 10, 0, 5, 500, 0, 'MXN', '[]', 'open', 0, 0, 0, 0, 5 from n`,
    );
    expect(await archive.count(before)).toBe(1);
  });

  test("that changed since they were copied stay, with what is new of them; a delivery that changed keeps nothing", async () => {
    const begun = await archive.begin({ file: "/srv/three.db", before }, new Date(9_000));
    const copied = await archive.closed(before, { after: null, limit: 10 });
    for (const change of [
      "update attempt set fee_cents = 7 where id = 'att_i'",
      "insert into refund select 'ref_new', 'i', 'att_i', 'ord', 5, 'MXN', 'other', null, 'ana', 'refused', 0, 5",
    ]) {
      const columns =
        "id, invoice_id, attempt_id, order_id, amount_cents, currency, reason, note, requested_by, state, created_at, settled_at";
      await execute(change.replace("into refund select", `into refund (${columns}) select`));
      expect(await archive.takeAway(begun, copied)).toEqual({ invoices: 0, attempts: 0, events: 0 });
      await execute("update attempt set fee_cents = null where id = 'att_i'; delete from refund where id = 'ref_new'");
    }
    const [was] = await books.all("select * from attempt where id = 'att_i'");
    await execute("update attempt set id = 'away', invoice_id = 'x' where id = 'att_i'");
    expect(await archive.takeAway(begun, copied)).toEqual({ invoices: 0, attempts: 0, events: 0 });
    await execute("update attempt set id = 'att_i', invoice_id = 'i' where id = 'away'");
    expect(await books.all("select * from attempt where id = 'att_i'")).toEqual([was]);
    await execute("insert into event_delivery (event_id, state, tries, created_at) values ('evt_i', 'dead', 3, 0)");
    expect(await archive.takeAway(begun, copied)).toEqual({ invoices: 1, attempts: 1, events: 1 });
    expect(await books.all("select event_id from event_delivery")).toEqual([{ event_id: "evt_n" }]);
  });
});

describe("an invoice that was moved", () => {
  beforeEach(async () =>
    execute(`insert into archive values ('arc_1', '/srv/one.db', 5, 5, 6, 0, 0, 0);
      insert into archive values ('arc_2', '/srv/two.db', 7, 7, 8, 0, 0, 0);
      insert into archived_invoice values ('one', 'arc_1', 'r', 1, 'paid');
      insert into archived_invoice values ('two', 'arc_2', 't', 2, 'void')`),
  );

  test.each<[isMoved: boolean, MadeFor, because: string]>([
    [true, { invoiceId: "one", subscriptionId: null, cycle: null }, "its id is known"],
    [true, { invoiceId: null, subscriptionId: "r", cycle: 1 }, "its cycle is known"],
    [true, { invoiceId: "lost", subscriptionId: "t", cycle: 2 }, "one is enough"],
    [false, { invoiceId: "lost", subscriptionId: "r", cycle: 2 }, "another cycle moved"],
    [false, { invoiceId: "lost", subscriptionId: "u", cycle: 1 }, "the cycle is another's"],
    [false, { invoiceId: null, subscriptionId: "r", cycle: null }, "of no cycle"],
    [false, { invoiceId: null, subscriptionId: null, cycle: 1 }, "of nobody"],
  ])("is known: %p, of %j (%s)", async (isMoved, made) => {
    expect(await isArchived(books.em, made)).toBe(isMoved);
  });

  test("is told where it lies", async () => {
    await expect(mustNotBeArchived(books.em, "two")).rejects.toThrow("/srv/two.db");
    await expect(mustNotBeArchived(books.em, "one")).rejects.toThrow("/srv/one.db");
    await mustNotBeArchived(books.em, "three");
    expect(await archive.moved(["one", "three"])).toEqual(new Set(["one"]));
  });

  test("archives are listed with the last first, and each is finished alone", async () => {
    expect((await archive.list()).map(({ id }) => id)).toEqual(["arc_2", "arc_1"]);
    const [now, before] = [new Date(9_000), new Date(DAY)];
    const begun = await archive.begin({ file: "/srv/three.db", before }, now);
    expect(begun).toEqual({
      ...{ id: expect.stringMatching(/^arc_/), file: "/srv/three.db", before, startedAt: now, finishedAt: null },
      ...{ invoices: 0, attempts: 0, events: 0 },
    });
    expect(await archive.begin({ file: "/srv/three.db", before }, now)).toEqual(begun);
    const others = [
      { file: "/srv/four.db", before },
      { file: "/srv/three.db", before: new Date(DAY + 1) },
    ];
    for (const other of others)
      await expect(archive.begin(other, now)).rejects.toThrow("/srv/three.db is not finished");
    const counts = await archive.takeAway(begun, await archive.closed(before, { after: null, limit: 10 }));
    expect(counts).toEqual({ invoices: 1, attempts: 1, events: 1 });
    expect(await archive.finish(begun, new Date(9_001))).toEqual({ ...begun, ...counts, finishedAt: new Date(9_001) });
    expect((await archive.list()).map(({ finishedAt }) => finishedAt?.getTime())).toEqual([9_001, 8, 6]);
    expect(await books.all("select * from archived_invoice where archive_id not in ('arc_1', 'arc_2')")).toEqual([
      { invoice_id: "i", archive_id: begun.id, subscription_id: "s", cycle: 1, status: "paid" },
    ]);
    expect(await books.all("select id from invoice order by id")).toEqual([{ id: "m" }, { id: "n" }]);
  });
});
