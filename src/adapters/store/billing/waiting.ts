/**
 * What waits for the next invoices: items, coupons and balances, read for many subscriptions at once; what invoices use of
 * it, written in the transaction that opens them; and what void invoices give back.
 */
import type { WaitsFor } from "../../../application/ports/records.ts";
import type { OpeningBatch } from "../../../application/ports/charging.ts";
import { type Balance, type NewBalanceEntry, NO_BALANCE, returnedEntry } from "../../../domain/balance.ts";
import type { GivenCoupon } from "../../../domain/coupon.ts";
import type { PendingItem } from "../../../domain/item.ts";
import { givesBack, usesAnything, type Uses, type Waiting } from "../../../domain/invoice-content.ts";
import { flag, jsonOrNull, readableOnly, text, textOrNull, whole, wholeOrNull } from "../dialect/codec.ts";
import { all, batch, type Connected, ms, type RawRow, run } from "../dialect/sql.ts";

const PENDING = "e.invoice_id is null and e.removed_at is null";

/** By subscription. @param unreadable what becomes of one whose items cannot be read; where it returns, that one is left out */
export async function waitingOf(
  em: Connected,
  whose: readonly WaitsFor[],
  leastCents: number,
  unreadable: (subscriptionId: string, error: SyntaxError) => void = (_id, error) => {
    throw error;
  },
): Promise<ReadonlyMap<string, Waiting>> {
  if (whose.length === 0) return new Map();
  const customers = batch([...new Set(whose.map(({ customerId }) => customerId))]);
  const items = Map.groupBy(
    await all(
      em,
      `select e.id, e.key, e.customer_id, e.subscription_id, e.name, e.amount_cents, e.discount_cents, e.currency, e.tax,
              e.clave_prod_serv, e.clave_unidad
       from item e where e.customer_id in (select value from json_each(?)) and ${PENDING} order by e.id`,
      [customers],
    ),
    (row) => text(row, "customer_id"),
  );
  const coupons = Map.groupBy(
    await all(
      em,
      `select g.subscription_id, g.coupon_code, g.number, g.from_cycle, g.until_cycle, c.percent_hundredths, c.amount_cents,
              c.currency
       from coupon_grant g join coupon c on c.code = g.coupon_code
       where g.subscription_id in (select value from json_each(?)) order by g.number`,
      [batch(whose.map(({ id }) => id))],
    ),
    (row) => text(row, "subscription_id"),
  );
  const balances = await balancesOf(em, customers);
  const found = new Map<string, Waiting>();
  for (const { id, customerId, currency } of whose) {
    const own = (items.get(customerId) ?? []).filter((row) => [null, id].includes(textOrNull(row, "subscription_id")));
    const read = readableOnly(own, pendingItemOf, (_row, error) => unreadable(id, error));
    // What cannot be read must not be left off an invoice.
    if (read.length < own.length) continue;
    found.set(id, {
      items: read,
      coupons: (coupons.get(id) ?? []).map(givenCouponOf),
      balance: balances.get(`${customerId} ${currency}`) ?? NO_BALANCE,
      leastCents,
    });
  }
  return found;
}

export async function balanceOf(em: Connected, customerId: string, currency: string): Promise<Balance> {
  return (await balancesOf(em, batch([customerId]))).get(`${customerId} ${currency}`) ?? NO_BALANCE;
}

/** @param customers a batch of ids @returns by customer and currency */
async function balancesOf(em: Connected, customers: string): Promise<Map<string, Balance>> {
  const rows = await all(
    em,
    `select b.customer_id, b.currency, b.number, b.balance_cents from balance_entry b
     where b.customer_id in (select value from json_each(?)) and b.number = (
       select max(l.number) from balance_entry l where l.customer_id = b.customer_id and l.currency = b.currency
     )`,
    [customers],
  );
  return new Map(
    rows.map((row) => [
      `${text(row, "customer_id")} ${text(row, "currency")}`,
      { number: whole(row, "number"), balanceCents: whole(row, "balance_cents") },
    ]),
  );
}

function pendingItemOf(row: RawRow): PendingItem {
  return {
    id: text(row, "id"),
    key: text(row, "key"),
    subscriptionId: textOrNull(row, "subscription_id"),
    name: text(row, "name"),
    amountCents: whole(row, "amount_cents"),
    discountCents: whole(row, "discount_cents"),
    currency: text(row, "currency"),
    tax: jsonOrNull(row, "tax"),
    claveProdServ: textOrNull(row, "clave_prod_serv"),
    claveUnidad: textOrNull(row, "clave_unidad"),
  };
}

function givenCouponOf(row: RawRow): GivenCoupon {
  return {
    couponCode: text(row, "coupon_code"),
    number: whole(row, "number"),
    fromCycle: whole(row, "from_cycle"),
    untilCycle: wholeOrNull(row, "until_cycle"),
    percentHundredths: wholeOrNull(row, "percent_hundredths"),
    amountCents: wholeOrNull(row, "amount_cents"),
    currency: textOrNull(row, "currency"),
  };
}

/** Those whose items still wait, and whose coupons and balances are as they were read; the others are left for the next pass. */
export async function asTheyWere(em: Connected, batches: readonly OpeningBatch[]): Promise<OpeningBatch[]> {
  const given = new Map(
    (
      await all(
        em,
        `select g.subscription_id, count(*) as given from coupon_grant g
         where g.subscription_id in (select value from json_each(?)) group by g.subscription_id`,
        [batch(batches.map(({ subscriptionId }) => subscriptionId))],
      )
    ).map((row) => [text(row, "subscription_id"), whole(row, "given")]),
  );
  const asGiven = batches.filter(({ subscriptionId, uses }) => uses.coupons === (given.get(subscriptionId) ?? 0));
  const using = asGiven.filter(({ uses }) => usesAnything(uses));
  if (using.length === 0) return asGiven;
  const itemIds = using.flatMap(({ uses }) => uses.items.map(({ itemId }) => itemId));
  const pending = new Set(
    (
      await all(em, `select e.id from item e where e.id in (select value from json_each(?)) and ${PENDING}`, [
        batch(itemIds),
      ])
    ).map((row) => text(row, "id")),
  );
  const customers = using.flatMap(({ uses }) => uses.entries.map(({ customerId }) => customerId));
  const balances = await balancesOf(em, batch([...new Set(customers)]));
  return asGiven.filter(({ uses: { items, entries } }) => {
    const [first] = entries;
    const last = first && (balances.get(`${first.customerId} ${first.currency}`) ?? NO_BALANCE);
    return items.every(({ itemId }) => pending.has(itemId)) && first?.number === (last && last.number + 1);
  });
}

/** After their invoices. */
export async function writeUses(em: Connected, uses: readonly Uses[], now: Date): Promise<void> {
  const items = uses.flatMap((each) => each.items);
  if (items.length > 0)
    await run(
      em,
      `update item set invoice_id = j.invoice_id, last_invoice_id = null
       from rows(?: itemId text, invoiceId text) j where item.id = j.item_id`,
      [batch(items)],
    );
  await appendEntries(
    em,
    uses.flatMap((each) => each.entries),
    now,
  );
}

export async function appendEntries(em: Connected, entries: readonly NewBalanceEntry[], now: Date): Promise<void> {
  if (entries.length === 0) return;
  await run(
    em,
    `insert into balance_entry
       (id, customer_id, currency, number, kind, amount_cents, balance_cents, invoice_id, reason, actor, at)
     select j.id, j.customer_id, j.currency, j.number, j.kind, j.amount_cents, j.balance_cents, j.invoice_id, j.reason, j.actor,
            cast(? as bigint)
     from rows(?:
       id text, customerId text, currency text, number int, kind text, amountCents int, balanceCents int, invoiceId text,
       reason text, actor text
     ) j`,
    [ms(now), batch(entries)],
  );
}

/** What void invoices used waits again, as `givesBack` says. */
export async function giveBack(em: Connected, voidIds: readonly string[], now: Date): Promise<void> {
  if (voidIds.length === 0) return;
  const rows = await all(
    em,
    `select i.id, i.customer_id, i.currency, i.cycle, i.balance_cents,
            exists (select 1 from balance_entry b where b.invoice_id = i.id and b.kind = 'returned') as is_returned
     from invoice i where i.id in (select value from json_each(?)) and i.status = 'void' order by i.id`,
    [batch([...new Set(voidIds)])],
  );
  const backOf = (row: RawRow) =>
    givesBack(
      { cycle: wholeOrNull(row, "cycle"), balanceCents: whole(row, "balance_cents") },
      { isReturned: flag(row, "is_returned") },
    );
  await run(
    em,
    `update item set last_invoice_id = invoice_id, invoice_id = null
     where invoice_id in (select value from json_each(?))`,
    [batch(rows.filter((row) => backOf(row).items).map((row) => text(row, "id")))],
  );
  const returned = rows.filter((row) => backOf(row).balance);
  if (returned.length === 0) return;
  const balances = await balancesOf(em, batch(returned.map((row) => text(row, "customer_id"))));
  const entries = returned.map((row) => {
    const [customerId, currency] = [text(row, "customer_id"), text(row, "currency")];
    const key = `${customerId} ${currency}`;
    const entry = returnedEntry(balances.get(key) ?? NO_BALANCE, {
      ...{ id: text(row, "id"), customerId, currency, balanceCents: whole(row, "balance_cents") },
    });
    balances.set(key, entry);
    return entry;
  });
  await appendEntries(em, entries, now);
}

/** Void invoices that were paid after all have their items again, but for those that are another invoice's by now. */
export async function takeAgain(em: Connected, paidIds: readonly string[]): Promise<void> {
  if (paidIds.length === 0) return;
  await run(
    em,
    `update item set invoice_id = last_invoice_id, last_invoice_id = null
     where invoice_id is null and removed_at is null and last_invoice_id in (select value from json_each(?))`,
    [batch(paidIds)],
  );
}
