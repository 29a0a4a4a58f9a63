/**
 * Many subscriptions at once: the facts that decide about a batch of them by one statement a table, and the same to write.
 *
 * Who writes batch after batch holds the lock again before another one wakes who waits for it. So each leaves it free for as
 * long as it held it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type {
  AskedEnrolment,
  EnrolledSubscription,
  Enrolment,
  EnrolmentFacts,
  EnrolmentRecords,
  ChangedTerms,
} from "../../../application/ports/enrolment.ts";
import type { Random } from "../../../application/ports/runtime.ts";
import type { Discount, LineItem } from "../../../domain/money.ts";
import { isTakenOnTrust, type Customer, type Plan } from "../../../domain/plan.ts";
import {
  instantOrNull,
  json,
  jsonOrNull,
  jsonShownOrNull,
  readableOnly,
  text,
  textOrNull,
  whole,
  wholeOrNull,
  word,
} from "../dialect/codec.ts";
import { isEnded, SUBSCRIPTION_STATUSES, type Subscription } from "../../../domain/subscription.ts";
import { all, batch, type Connected, ms, type RawRow, run, words } from "../dialect/sql.ts";
import { payersOf } from "../billing/charge-facts.ts";
import { subscriptionOf } from "../billing/subscription-row.ts";
import { waitingOf } from "../billing/waiting.ts";
import { appendEvents } from "../events.ts";
import { BILLED } from "../billing/invoice-statuses.ts";

type Needs = {
  readonly read: () => Connected;
  readonly write: <T>(work: (em: Connected) => Promise<T>) => Promise<T>;
  readonly random: Random;
  readonly leastCents: number;
};

export function enrolmentRecords({ read, write, random, leastCents }: Needs): EnrolmentRecords {
  return {
    facts: (asked) => factsOf(read(), asked),
    customersByEmail: (emails) => customersByEmail(read(), emails),
    knownCustomers: (ids) => knownCustomers(read(), ids),
    goingOnFromFile: () => goingOnFromFile(read()),
    payers: (customerIds, now) => payersOf(read(), customerIds, now),
    waitingForEach: (whose) => waitingOf(read(), whose, leastCents),
    async enrol(asked, now, decide) {
      let heldMs = 0;
      await write(async (em) => {
        const begunMs = performance.now();
        await put(em, decide(await factsOf(em, asked)), now, random);
        heldMs = performance.now() - begunMs;
      });
      await sleep(heldMs);
    },
  };
}

async function customersByEmail(
  em: Connected,
  emails: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await all(
    em,
    `select lower(email) as email, id from customer
     where lower(email) in (select value from json_each(?)) and deleted_at is null order by id`,
    [batch(emails)],
  );
  const found = Map.groupBy(rows, (row) => text(row, "email"));
  return new Map([...found].map(([email, those]) => [email, those.map((row) => text(row, "id"))]));
}

async function knownCustomers(
  em: Connected,
  ids: readonly string[],
): Promise<ReadonlyMap<string, { readonly isTrusted: boolean }>> {
  const rows = await all(em, "select id, name from customer where id in (select value from json_each(?))", [
    batch(ids),
  ]);
  return new Map(
    rows.map((row) => {
      const [id, name] = [text(row, "id"), text(row, "name")];
      return [id, { isTrusted: isTakenOnTrust({ id, name }) }];
    }),
  );
}

async function goingOnFromFile(em: Connected): Promise<Pick<Subscription, "id" | "customerId">[]> {
  const rows = await all(
    em,
    `select s.id, s.customer_id from subscription s
     where s.source = 'file' and s.cancel_at is null and s.status not in ${ENDED} order by s.id`,
  );
  return rows.map((row) => ({ id: text(row, "id"), customerId: text(row, "customer_id") }));
}

const ENDED = words(SUBSCRIPTION_STATUSES.filter(isEnded));

/** By the index of cycles, what `billedUntilOf` says of them all. */
const BILLED_UNTIL = `(select i.period_end from invoice i
  where i.subscription_id = s.id and i.cycle is not null and i.status in ${BILLED} order by i.cycle desc limit 1)`;

async function factsOf(em: Connected, asked: AskedEnrolment): Promise<EnrolmentFacts> {
  const wanted = async (sql: string, ids: readonly string[]) =>
    ids.length === 0 ? [] : await all(em, sql, [batch([...new Set(ids)])]);
  const damagedSubscriptions = new Set<string>();
  const subscriptionsBy = async (column: string, ids: readonly string[]) => {
    const rows = await wanted(
      `select s.*, ${BILLED_UNTIL} as billed_until from subscription s
       where s.${column} in (select value from json_each(?)) order by s.id`,
      ids,
    );
    return rows.map((row) => enrolledOf(row, () => damagedSubscriptions.add(text(row, "id"))));
  };
  const theirs = await subscriptionsBy("customer_id", asked.customerIds);
  const found = new Map(theirs.map((each) => [each.id, each]));
  // An id may be somebody else's.
  const others = await subscriptionsBy(
    "id",
    asked.subscriptionIds.filter((id) => !found.has(id)),
  );
  for (const each of others) found.set(each.id, each);
  const byIds = "where id in (select value from json_each(?))";
  const customers = (await wanted(`select * from customer ${byIds}`, asked.customerIds)).map(customerOf);
  const damagedPlans = new Set<string>();
  const plans = readableOnly(await wanted(`select * from plan ${byIds}`, asked.planIds), planOf, (row) =>
    damagedPlans.add(text(row, "id")),
  );
  return {
    subscriptions: new Map(asked.subscriptionIds.flatMap((id) => entryOf(found, id))),
    damagedSubscriptions,
    ofCustomer: Map.groupBy(theirs, ({ customerId }) => customerId),
    customers: new Map(customers.map((each) => [each.id, each])),
    plans: new Map(plans.map((each) => [each.id, each])),
    damagedPlans,
  };
}

function entryOf<T>(found: ReadonlyMap<string, T>, id: string): [string, T][] {
  const value = found.get(id);
  return value === undefined ? [] : [[id, value]];
}

async function put(
  em: Connected,
  { customers, subscriptions, changed = [], events }: Enrolment,
  now: Date,
  random: Random,
): Promise<void> {
  if (customers.length > 0)
    await run(
      em,
      `insert into customer (id, name, email, phone, payment_source_id, card_brand, card_last4, card_exp_month,
         card_exp_year, read_at)
       select j.* from rows(?: id text, name text, email text, phone text, paymentSourceId text, cardBrand text,
         cardLast4 text, cardExpMonth int, cardExpYear int, readAt int) j`,
      [batch(customers.map((each) => ({ ...each, readAt: isTakenOnTrust(each) ? null : ms(now) })))],
    );
  if (subscriptions.length > 0)
    await run(
      em,
      `insert into subscription (id, plan_id, customer_id, status, time_zone, start_local, anchor_local, quantity,
         line_items, discount, bill_past, first_cycle, next_cycle, next_billing_at, cancel_at, pause_from, pause_until,
         source, created_at)
       select j.id, j.plan_id, j.customer_id, j.status, j.time_zone, j.start_local, j.anchor_local, j.quantity,
         nullif(j.line_items, 'null'), nullif(j.discount, 'null'), j.bill_past, j.first_cycle, j.next_cycle,
         j.next_billing_at, j.cancel_at, j.pause_from, j.pause_until, j.source, cast(? as bigint)
       from rows(?: id text, planId text, customerId text, status text, timeZone text, startLocal text, anchorLocal text,
         quantity int, lineItems json, discount json, billPast flag, firstCycle int, nextCycle int, nextBillingAt int,
         cancelAt int, pauseFrom int, pauseUntil int, source text) j`,
      [
        ms(now),
        batch(
          subscriptions.map((each) => ({
            ...each,
            nextBillingAt: ms(each.nextBillingAt),
            cancelAt: ms(each.cancelAt),
            pauseFrom: ms(each.pauseFrom),
            pauseUntil: ms(each.pauseUntil),
          })),
        ),
      ],
    );
  await changeTerms(em, changed);
  await appendEvents(em, events, now, random);
}

async function changeTerms(em: Connected, changed: readonly ChangedTerms[]): Promise<void> {
  if (changed.length === 0) return;
  await run(
    em,
    `update subscription set quantity = j.quantity, line_items = nullif(j.line_items, 'null'),
       discount = nullif(j.discount, 'null')
     from rows(?: id text, quantity int, lineItems json, discount json) j where subscription.id = j.id`,
    [batch(changed)],
  );
}

/** @param damaged what is damaged of one keeps no other from being added */
function enrolledOf(row: RawRow, damaged: () => void): EnrolledSubscription {
  const content = {
    lineItems: jsonShownOrNull<readonly LineItem[]>(row, "line_items"),
    discount: jsonShownOrNull<Discount>(row, "discount"),
  };
  if ((content.lineItems === null) !== (textOrNull(row, "line_items") === null)) damaged();
  if ((content.discount === null) !== (textOrNull(row, "discount") === null)) damaged();
  return { ...subscriptionOf(row, content), billedUntil: instantOrNull(row, "billed_until") };
}

function customerOf(row: RawRow): Customer {
  return {
    id: text(row, "id"),
    name: text(row, "name"),
    email: textOrNull(row, "email"),
    phone: textOrNull(row, "phone"),
    paymentSourceId: textOrNull(row, "payment_source_id"),
    cardBrand: textOrNull(row, "card_brand"),
    cardLast4: textOrNull(row, "card_last4"),
    cardExpMonth: wholeOrNull(row, "card_exp_month"),
    cardExpYear: wholeOrNull(row, "card_exp_year"),
  };
}

function planOf(row: RawRow): Plan {
  return {
    id: text(row, "id"),
    name: text(row, "name"),
    currency: text(row, "currency"),
    interval: word(row, "interval"),
    frequency: whole(row, "frequency"),
    trialPeriodDays: whole(row, "trial_period_days"),
    expiryCount: wholeOrNull(row, "expiry_count"),
    expiryCounts: word(row, "expiry_counts"),
    lineItems: json(row, "line_items"),
    dunning: text(row, "dunning"),
    catchUp: word(row, "catch_up"),
    source: word(row, "source"),
    prices: jsonOrNull(row, "prices"),
    tax: jsonOrNull(row, "tax"),
    archivedAt: instantOrNull(row, "archived_at"),
  };
}
