/**
 * Many subscriptions at once: the facts that decide about a batch of them by one statement a table, and the same to write.
 *
 * Who writes batch after batch holds the lock again before another one wakes who waits for it. So each leaves it free for as
 * long as it held it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type {
  AskedEnrolment,
  EnrolledSubscription,
  Enrolment,
  EnrolmentFacts,
  EnrolmentRecords,
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
import { all, batch, ms, type RawRow, run } from "../dialect/sql.ts";
import { subscriptionOf } from "../billing/subscription-row.ts";
import { appendEvents } from "../events.ts";
import { BILLED } from "../billing/invoice-statuses.ts";

type Needs = {
  readonly read: () => SqlEntityManager;
  readonly write: <T>(work: (em: SqlEntityManager) => Promise<T>) => Promise<T>;
  readonly random: Random;
};

export function enrolmentRecords({ read, write, random }: Needs): EnrolmentRecords {
  return {
    facts: (asked) => factsOf(read(), asked),
    customersByEmail: (emails) => customersByEmail(read(), emails),
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
  em: SqlEntityManager,
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

/** The last period that is paid, or still owed. */
const BILLED_UNTIL = `(select i.period_end from invoice i
  where i.subscription_id = s.id and i.status in ${BILLED} order by i.cycle desc limit 1)`;

async function factsOf(em: SqlEntityManager, asked: AskedEnrolment): Promise<EnrolmentFacts> {
  const wanted = async (sql: string, ids: readonly string[]) => await all(em, sql, [batch([...new Set(ids)])]);
  const subscriptionsWhere = (column: string) =>
    `select s.*, ${BILLED_UNTIL} as billed_until from subscription s
     where s.${column} in (select value from json_each(?)) order by s.id`;
  const theirs = (await wanted(subscriptionsWhere("customer_id"), asked.customerIds)).map(enrolledOf);
  const named = (await wanted(subscriptionsWhere("id"), asked.subscriptionIds)).map(enrolledOf);
  const byIds = "where id in (select value from json_each(?))";
  const customers = (await wanted(`select * from customer ${byIds}`, asked.customerIds)).map(customerOf);
  const damagedPlans = new Set<string>();
  const plans = readableOnly(await wanted(`select * from plan ${byIds}`, asked.planIds), planOf, (row) =>
    damagedPlans.add(text(row, "id")),
  );
  return {
    subscriptions: new Map(named.map((each) => [each.id, each])),
    ofCustomer: Map.groupBy(theirs, ({ customerId }) => customerId),
    customers: new Map(customers.map((each) => [each.id, each])),
    plans: new Map(plans.map((each) => [each.id, each])),
    damagedPlans,
  };
}

async function put(
  em: SqlEntityManager,
  { customers, subscriptions, events }: Enrolment,
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
  await appendEvents(em, events, now, random);
}

function enrolledOf(row: RawRow): EnrolledSubscription {
  // What is damaged of one keeps no other from being added.
  const content = {
    lineItems: jsonShownOrNull<readonly LineItem[]>(row, "line_items"),
    discount: jsonShownOrNull<Discount>(row, "discount"),
  };
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
