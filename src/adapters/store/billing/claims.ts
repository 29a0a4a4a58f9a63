/** Claiming due invoices, and committing that their charges are about to be sent. */
import assert from "node:assert/strict";
import type { ChargeFlow } from "../../../domain/ways-to-pay.ts";
import type { Random } from "../../../application/ports/runtime.ts";
import type {
  ClaimDecision,
  ClaimPage,
  ClaimedAttempt,
  DueInquiry,
  DueInvoice,
  HourlyLimits,
  MovedInvoice,
} from "../../../application/ports/charging.ts";
import type { Owner } from "../../../application/ports/installation.ts";
import {
  instant,
  instantOrNull,
  json,
  jsonOrNull,
  jsonShown,
  jsonShownOrNull,
  text,
  textOrNull,
  whole,
  wholeOrNull,
  word,
} from "../dialect/codec.ts";
import { dueToClaim } from "./charge-facts.ts";
import { writeTransitions, type Transitioned } from "./dunning-steps.ts";
import { all, batch, type Connected, ms, type RawRow, run } from "../dialect/sql.ts";
import { mustClose } from "../../../domain/payment-link.ts";
import { runLimitReached } from "../../../domain/charging/run-limits.ts";
import { NOT_HALTED, sentWithinTheHour } from "../records/installation.ts";
import { CLAIMER_LIVES, MAY_CHARGE, ofOwner } from "../records/nodes.ts";
import { mayBeRead } from "../records/read-failures.ts";
import { SHARES_ORDER } from "./attempt-flows.ts";
import { CLAIMED, IN_FLIGHT, OPEN, SENDING } from "./attempt-states.ts";

const CLAIMED_ATTEMPT = `
  select a.id, a.number, a.state, a.flow, a.reference, coalesce(a.sent_at, a.claimed_at) as sent_at,
         -- The invoice's order belongs to the flow order_first: an attempt of the other flow made its own.
         case when a.${SHARES_ORDER} then coalesce(a.order_id, i.order_id) else a.order_id end as order_id,
         i.id as invoice_id, i.subscription_id, i.cycle, i.one_off_key, i.customer_id, i.currency, i.amount_cents, i.discount_cents,
         i.discounts, i.balance_cents, i.line_items, i.taxes, (select id from installation) as installation_id,
         l.expires_at as link_expires_at, l.cancel_requested_at as link_end_at, i.status as invoice_status
  from attempt a join invoice i on i.id = a.invoice_id left join payment_link l on l.attempt_id = a.id`;

function claimedAttempt(row: RawRow, content = contentOf(row)): ClaimedAttempt {
  return {
    attemptId: text(row, "id"),
    number: whole(row, "number"),
    flow: word(row, "flow"),
    orderId: textOrNull(row, "order_id"),
    intent: {
      reference: text(row, "reference"),
      installationId: text(row, "installation_id"),
      subscriptionId: text(row, "subscription_id"),
      invoiceId: text(row, "invoice_id"),
      cycle: wholeOrNull(row, "cycle"),
      oneOffKey: textOrNull(row, "one_off_key"),
      customerId: text(row, "customer_id"),
      currency: text(row, "currency"),
      amountCents: whole(row, "amount_cents"),
      discountCents: whole(row, "discount_cents"),
      balanceCents: whole(row, "balance_cents"),
      ...content,
    },
  };
}

type Content = Pick<ClaimedAttempt["intent"], "discounts" | "lineItems" | "taxes">;

/** What is charged: damaged, it must not be taken for nothing. */
function contentOf(row: RawRow): Content {
  return {
    discounts: jsonOrNull(row, "discounts"),
    lineItems: json(row, "line_items"),
    taxes: jsonOrNull(row, "taxes"),
  };
}

/** Of one that is only asked about: what is damaged keeps nobody from being asked about. */
function shownContentOf(row: RawRow): Content {
  return {
    discounts: jsonShownOrNull(row, "discounts"),
    lineItems: jsonShown(row, "line_items", []),
    taxes: jsonShownOrNull(row, "taxes"),
  };
}

export async function claim(
  em: Connected,
  owner: Owner,
  options: ClaimPage,
  decide: (due: readonly DueInvoice[]) => readonly ClaimDecision[],
  random: Random,
): Promise<{ claimed: ClaimedAttempt[]; moved: MovedInvoice[] }> {
  const { now } = options;
  // The fence: a halt, or a successor, and nothing is claimed.
  const [fence] = await all(em, `select 1 from installation where ${MAY_CHARGE} and ${NOT_HALTED}`, ofOwner(owner));
  if (fence === undefined) return { claimed: [], moved: [] };
  const due = await dueToClaim(em, now, options);
  const decisions = decide(due);
  assert(decisions.length === due.length, `${decisions.length} decisions for ${due.length} due invoices`);

  const chosen: string[] = [];
  const moved: Transitioned[] = [];
  for (const [index, facts] of due.entries()) {
    const decision = decisions[index];
    if (decision === "charge") chosen.push(facts.invoice.id);
    else if (typeof decision === "object") moved.push({ facts, move: decision });
  }
  return {
    claimed: await claimInvoices(em, owner, chosen, options, random),
    moved: await writeTransitions(em, moved, now, random),
  };
}

async function claimInvoices(
  em: Connected,
  owner: Owner,
  invoiceIds: readonly string[],
  { now, leaseMs, flow }: { readonly now: Date; readonly leaseMs: number; readonly flow: ChargeFlow },
  random: Random,
): Promise<ClaimedAttempt[]> {
  if (invoiceIds.length === 0) return [];
  const taken = await all(
    em,
    `update invoice set next_attempt_at = null
     where id in (select value from json_each(?)) and status = 'open' and next_attempt_at <= ?
       and not exists (select 1 from attempt a where a.invoice_id = invoice.id and a.state in ${OPEN})
     returning id`,
    [batch(invoiceIds), ms(now)],
  );
  // In the order of the choice: ids ascend with it.
  const ids = new Set(taken.map((row) => text(row, "id")));
  const claims = invoiceIds
    .filter((id) => ids.has(id))
    .map((invoiceId) => ({ invoiceId, attemptId: random.newId("att", now) }));
  await run(
    em,
    `insert into attempt (id, invoice_id, customer_id, number, state, reference, flow, amount_cents, currency, order_id,
       payment_source_id, card_brand, card_last4, claimed_by, claim_epoch, claimed_at, claimed_until, inquiries, evidence)
     select n.attempt_id, i.id, i.customer_id, n.number, ${CLAIMED}, i.id || '-' || n.number, ?, i.amount_cents,
            i.currency, null, c.payment_source_id, c.card_brand, c.card_last4, ?, ?, ?, ?, 0, '[]'
     from (
       select j.attempt_id, j.invoice_id,
              1 + coalesce((select max(a.number) from attempt a where a.invoice_id = j.invoice_id), 0) as number
       from rows(?: attemptId text, invoiceId text) j
     ) n
     join invoice i on i.id = n.invoice_id
     join customer c on c.id = i.customer_id`,
    [flow, owner.id, owner.epoch, ms(now), ms(now) + leaseMs, batch(claims)],
  );
  const rows = await all(
    em,
    `${CLAIMED_ATTEMPT} where a.id in (select j.attempt_id from rows(?: attemptId text) j) order by a.id`,
    [batch(claims)],
  );
  return rows.map((row) => claimedAttempt(row));
}

/** To ask about them. */
export async function claimedAttempts(
  em: Connected,
  attemptIds: readonly string[],
): Promise<ReadonlyMap<string, ClaimedAttempt>> {
  const rows = await all(em, `${CLAIMED_ATTEMPT} where a.id in (select value from json_each(?))`, [batch(attemptIds)]);
  return new Map(rows.map((row) => [text(row, "id"), claimedAttempt(row, shownContentOf(row))]));
}

export async function claimedById(em: Connected, attemptId: string): Promise<ClaimedAttempt | null> {
  const [row] = await all(em, `${CLAIMED_ATTEMPT} where a.id = ?`, [attemptId]);
  return row === undefined ? null : claimedAttempt(row);
}

/** @param options `isAgain`: the answer of the first time was lost @returns the ids that may be sent */
export async function markSending(
  em: Connected,
  owner: Owner,
  given: readonly Sendable[],
  options: { readonly now: Date; readonly leaseMs: number; readonly hourly?: HourlyLimits; readonly isAgain: boolean },
): Promise<Set<string>> {
  const items = options.hourly === undefined ? given : await withinTheHour(em, given, options.hourly, options.now);
  // In the flow order_first the order belongs to the invoice; every attempt of it charges the same one.
  const haveOrders = items.some((item) => item.orderId !== null);
  const rows = await all(
    em,
    `update attempt
     set state = ${SENDING}, sent_at = ?, claimed_until = ?${haveOrders ? ", order_id = j.order_id" : ""}
     from rows(?: orderId text, attemptId text) j
     where attempt.id = j.attempt_id
       -- What this very call has committed, unanswered, is ours still.
       and (state = ${CLAIMED} or state = ${SENDING} and sent_at = ?) and claimed_by = ? and claim_epoch = ?
       and ${MAY_CHARGE} and ${NOT_HALTED}
       and exists (
         select 1 from invoice i where i.id = attempt.invoice_id and i.status = 'open' and i.void_when_settled is null
       )
     returning attempt.id`,
    [
      ms(options.now),
      ms(options.now) + options.leaseMs,
      batch(items),
      options.isAgain ? ms(options.now) : null,
      owner.id,
      owner.epoch,
      ...ofOwner(owner),
    ],
  );
  if (haveOrders)
    await run(
      em,
      `update invoice set order_id = j.order_id
       from rows(?: orderId text, attemptId text) j join attempt a on a.id = j.attempt_id
       where invoice.id = a.invoice_id and invoice.order_id is null and a.${SHARES_ORDER}
         -- A predecessor's order must not become the one that its successor's next try charges.
         and a.claimed_by = ? and a.claim_epoch = ? and ${MAY_CHARGE}`,
      [batch(items), owner.id, owner.epoch, ...ofOwner(owner)],
    );
  return new Set(rows.map((row) => text(row, "id")));
}

type Sendable = { readonly attemptId: string; readonly orderId: string | null };

/** One after the other of all who charge: each counts what the one before it has sent. */
async function withinTheHour(
  em: Connected,
  items: readonly Sendable[],
  { maxCharges, maxAmountCents }: HourlyLimits,
  now: Date,
): Promise<Sendable[]> {
  await run(em, "update installation set epoch = epoch");
  let { charges, amountCents } = await sentWithinTheHour(em, now);
  const rows = await all(em, "select id, amount_cents from attempt where id in (select value from json_each(?))", [
    batch(items.map(({ attemptId }) => attemptId)),
  ]);
  const amounts = new Map(rows.map((row) => [text(row, "id"), whole(row, "amount_cents")]));
  return items.filter(({ attemptId }) => {
    const cents = amounts.get(attemptId) ?? 0;
    const limits = { askedCharges: null, maxCharges, maxAmountCents };
    if (runLimitReached(limits, 0, { charges, amountCents }, cents) !== null) return false;
    charges += 1;
    amountCents += cents;
    return true;
  });
}

export async function abandoned(em: Connected, owner: Owner, now: Date, limit: number): Promise<string[]> {
  const rows = await all(
    em,
    `select id from attempt
     where state in ${IN_FLIGHT} and case
         -- Its own, by its own clock; others' by whether they live, since the clock of one may be wrong.
         when claimed_by = ? and claim_epoch = ? then claimed_until < ?
         else not ${CLAIMER_LIVES} and (
           claimed_until < ? or claim_epoch <> (select epoch from installation)
           or exists (select 1 from node n where n.id = claimed_by and n.epoch = claim_epoch)
         )
       end
       -- Who was succeeded has no say in what his successor holds.
       and ${MAY_CHARGE}
     -- By no column: in the order of its index, every attempt that ever was would be asked whether it is in flight.
     order by id || '' limit ?`,
    [owner.id, owner.epoch, ms(now), ms(now), ...ofOwner(owner), limit],
  );
  return rows.map((row) => text(row, "id"));
}

export async function dueInquiries(em: Connected, now: Date, limit: number): Promise<DueInquiry[]> {
  const rows = await all(
    em,
    `${CLAIMED_ATTEMPT} where a.next_inquiry_at <= ? and ${mayBeRead("a.id")} order by a.next_inquiry_at, a.id limit ?`,
    [ms(now), ms(now), limit],
  );
  return rows.map((row) => ({
    ...claimedAttempt(row, shownContentOf(row)),
    state: word<DueInquiry["state"]>(row, "state"),
    sentAt: instant(row, "sent_at"),
    mustClose: isToBeClosed(row, now),
  }));
}

function isToBeClosed(row: RawRow, now: Date): boolean {
  const expiresAt = instantOrNull(row, "link_expires_at");
  const isPaidElsewhere = text(row, "invoice_status") === "paid";
  const cancelRequestedAt = instantOrNull(row, "link_end_at");
  return expiresAt !== null && mustClose({ expiresAt, cancelRequestedAt, isPaidElsewhere }, now);
}
