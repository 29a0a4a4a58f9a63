/** Settling: facts are read under the write lock, the reducer decides, everything that follows is written at once. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { NewEvent, Random, Settled, SettleFacts, SettleItem } from "../../application/ports.ts";
import type { Evidence } from "../../domain/attempt.ts";
import type { Settlement } from "../../domain/settlement.ts";
import { flag, instantOrNull, text, textOrNull, whole, word } from "./codec.ts";
import { appendEvents } from "./events.ts";
import { all, batch, ms, run, type RawRow } from "./sql.ts";
import { refreshStatuses } from "./subscription-status.ts";

type Read = {
  readonly facts: SettleFacts;
  readonly subscriptionId: string;
  readonly number: number;
};

export async function settleBatch(
  em: SqlEntityManager,
  items: readonly SettleItem[],
  now: Date,
  decide: (facts: SettleFacts, evidence: Evidence) => Settlement | null,
  random: Random,
): Promise<Settled[]> {
  const read = await readFacts(em, items);
  const [first, later] = onePerInvoice(items, read);
  const settled = first.map(({ attemptId, evidence }) => {
    const known = read.get(attemptId);
    return { attemptId, known, settlement: known === undefined ? null : decide(known.facts, evidence) };
  });
  const changed = settled.flatMap(({ attemptId, known, settlement }) =>
    known === undefined || settlement === null ? [] : [{ attemptId, known, settlement }],
  );
  if (changed.length > 0) {
    await writeAttempts(em, changed, now);
    await writeInvoices(em, changed);
    const finalEvents = await writeFinalActions(em, changed);
    const statusEvents = await refreshStatuses(
      em,
      changed.map(({ known }) => known.subscriptionId),
    );
    await appendEvents(em, [...changed.map(eventOf), ...finalEvents, ...statusEvents], now, random);
  }
  const rest = later.length > 0 ? await settleBatch(em, later, now, decide, random) : [];
  return [
    ...settled.map(({ attemptId, known, settlement }) => ({
      attemptId,
      invoiceId: known?.facts.invoice.id ?? "",
      settlement,
    })),
    ...rest,
  ];
}

/** The second news of one invoice must be judged by facts that contain the first. */
function onePerInvoice(items: readonly SettleItem[], read: ReadonlyMap<string, Read>): [SettleItem[], SettleItem[]] {
  const seen = new Set<string>();
  const first: SettleItem[] = [];
  const later: SettleItem[] = [];
  for (const item of items) {
    const key = read.get(item.attemptId)?.facts.invoice.id ?? item.attemptId;
    (seen.has(key) ? later : first).push(item);
    seen.add(key);
  }
  return [first, later];
}

type Changed = { readonly attemptId: string; readonly known: Read; readonly settlement: Settlement };

async function readFacts(em: SqlEntityManager, items: readonly SettleItem[]): Promise<Map<string, Read>> {
  const rows = await all(
    em,
    `select a.id, a.number, a.state, a.flow, a.order_id, a.charge_id, a.sent_at, a.looks,
            a.amount_cents, a.currency, a.customer_id,
            i.id as invoice_id, i.subscription_id, i.status, i.status_reason, i.next_attempt_at, i.declines, i.faults,
            i.void_when_settled, s.time_zone, p.dunning, (select livemode from installation) as livemode,
            exists (select 1 from attempt o where o.invoice_id = i.id and o.id <> a.id and o.state = 'paid') as paid_by_another,
            exists (
              select 1 from attempt o
              where o.invoice_id = i.id and o.id <> a.id and o.state in ('claimed', 'sending', 'pending', 'unknown')
            ) as open_elsewhere
     from attempt a
     join invoice i on i.id = a.invoice_id
     join subscription s on s.id = i.subscription_id
     join plan p on p.id = s.plan_id
     where a.id in (select value from json_each(?))`,
    [batch(items.map(({ attemptId }) => attemptId))],
  );
  const taken = await idsTaken(em, items);
  return new Map(
    rows.map((row) => {
      const id = text(row, "id");
      return [
        id,
        {
          facts: factsOf(row, taken.get(id) ?? []),
          subscriptionId: text(row, "subscription_id"),
          number: whole(row, "number"),
        },
      ];
    }),
  );
}

function factsOf(row: RawRow, idsOfOthers: readonly string[]): SettleFacts {
  const amountCents = whole(row, "amount_cents");
  const currency = text(row, "currency");
  return {
    attempt: {
      id: text(row, "id"),
      state: word(row, "state"),
      flow: word(row, "flow"),
      amountCents,
      currency,
      customerId: text(row, "customer_id"),
      orderId: textOrNull(row, "order_id"),
      chargeId: textOrNull(row, "charge_id"),
      sentAt: instantOrNull(row, "sent_at"),
      looks: whole(row, "looks"),
      idsOfOthers,
    },
    invoice: {
      id: text(row, "invoice_id"),
      status: word(row, "status"),
      statusReason: textOrNull(row, "status_reason") === null ? null : word(row, "status_reason"),
      nextAttemptAt: instantOrNull(row, "next_attempt_at"),
      amountCents,
      currency,
      declines: whole(row, "declines"),
      faults: whole(row, "faults"),
      voidWhenSettled: textOrNull(row, "void_when_settled") === null ? null : word(row, "void_when_settled"),
      timeZone: text(row, "time_zone"),
      paidByAnother: flag(row, "paid_by_another"),
      openElsewhere: flag(row, "open_elsewhere"),
    },
    dunning: text(row, "dunning"),
    livemode: row["livemode"] === null ? null : flag(row, "livemode"),
  };
}

/** Gateway ids in the evidence that another attempt holds already, or that an earlier item of this batch brings. */
async function idsTaken(em: SqlEntityManager, items: readonly SettleItem[]): Promise<Map<string, string[]>> {
  const pairs = items.flatMap(({ attemptId, evidence }) =>
    gatewayIds(evidence).map((gatewayId) => ({ attemptId, gatewayId })),
  );
  if (pairs.length === 0) return new Map();
  const rows = await all(
    em,
    `select j.value ->> 'attemptId' as attempt_id, j.value ->> 'gatewayId' as gateway_id
     from json_each(?) j
     where exists (
       select 1 from attempt a where a.charge_id = j.value ->> 'gatewayId' and a.id <> j.value ->> 'attemptId'
     ) or exists (
       select 1 from attempt a
       where a.flow = 'single' and a.order_id = j.value ->> 'gatewayId' and a.id <> j.value ->> 'attemptId'
     )`,
    [batch(pairs)],
  );
  const taken = new Map<string, string[]>();
  const take = (attemptId: string, gatewayId: string): void => {
    taken.set(attemptId, [...(taken.get(attemptId) ?? []), gatewayId]);
  };
  for (const row of rows) take(text(row, "attempt_id"), text(row, "gateway_id"));
  const first = new Map<string, string>();
  for (const { attemptId, gatewayId } of pairs) {
    const holder = first.get(gatewayId);
    if (holder === undefined) first.set(gatewayId, attemptId);
    else if (holder !== attemptId) take(attemptId, gatewayId);
  }
  return taken;
}

function gatewayIds(evidence: Evidence): string[] {
  const ids: (string | null)[] =
    evidence.kind === "paid"
      ? [evidence.payment.orderId, evidence.payment.chargeId]
      : evidence.kind === "declined" || evidence.kind === "pending"
        ? [evidence.orderId, evidence.chargeId]
        : evidence.kind === "unknown"
          ? [evidence.orderId]
          : [];
  return ids.filter((id) => id !== null);
}

async function writeAttempts(em: SqlEntityManager, changed: readonly Changed[], now: Date): Promise<void> {
  await run(
    em,
    `update attempt set
       state = j.value ->> 'state',
       order_id = j.value ->> 'orderId',
       charge_id = j.value ->> 'chargeId',
       looks = j.value ->> 'looks',
       next_look_at = j.value ->> 'nextLookAt',
       settled_at = j.value ->> 'settledAt',
       paid_at = j.value ->> 'paidAt',
       decline_class = j.value ->> 'declineClass',
       failure_code = j.value ->> 'failureCode',
       failure_message = j.value ->> 'failureMessage',
       auth_code = j.value ->> 'authCode',
       fee_cents = j.value ->> 'feeCents',
       card_brand = coalesce(j.value ->> 'cardBrand', card_brand),
       card_last4 = coalesce(j.value ->> 'cardLast4', card_last4),
       -- A look that finds nothing does not hide how the call itself ended.
       http_status = case when state = j.value ->> 'state' then coalesce(http_status, j.value ->> 'httpStatus')
                          else coalesce(j.value ->> 'httpStatus', http_status) end,
       log_id = case when state = j.value ->> 'state' then coalesce(log_id, j.value ->> 'logId')
                     else coalesce(j.value ->> 'logId', log_id) end,
       evidence = case when j.value ->> 'because' is null then evidence
                       else json_insert(evidence, '$[#]', json(j.value -> 'evidence')) end
     from json_each(?) j where attempt.id = j.value ->> 'attemptId'`,
    [
      batch(
        changed.map(({ attemptId, settlement: { attempt } }) => ({
          attemptId,
          state: attempt.state,
          orderId: attempt.orderId,
          chargeId: attempt.chargeId,
          looks: attempt.looks,
          nextLookAt: ms(attempt.nextLookAt),
          settledAt: ms(attempt.settledAt),
          paidAt: attempt.payment === null ? null : ms(attempt.payment.paidAt ?? now),
          ...attempt.decline,
          authCode: attempt.payment?.authCode,
          feeCents: attempt.payment?.feeCents,
          cardBrand: attempt.payment?.cardBrand,
          cardLast4: attempt.payment?.cardLast4,
          httpStatus: attempt.trace?.httpStatus,
          logId: attempt.trace?.logId,
          because: attempt.trace?.because,
          evidence: { at: now.toISOString(), ...attempt.trace },
        })),
      ),
    ],
  );
}

async function writeInvoices(em: SqlEntityManager, changed: readonly Changed[]): Promise<void> {
  await run(
    em,
    `update invoice set
       status = j.value ->> 'status',
       status_reason = j.value ->> 'statusReason',
       next_attempt_at = j.value ->> 'nextAttemptAt',
       declines = j.value ->> 'declines',
       faults = j.value ->> 'faults',
       paid_at = coalesce(paid_at, j.value ->> 'paidAt')
     from json_each(?) j where invoice.id = j.value ->> 'invoiceId'`,
    [
      batch(
        changed.map(({ known, settlement: { invoice } }) => ({
          invoiceId: known.facts.invoice.id,
          ...invoice,
          nextAttemptAt: ms(invoice.nextAttemptAt),
          paidAt: ms(invoice.paidAt),
        })),
      ),
    ],
  );
}

async function writeFinalActions(em: SqlEntityManager, changed: readonly Changed[]): Promise<NewEvent[]> {
  const actions = changed.flatMap(({ known, settlement }) =>
    settlement.finalAction === null ? [] : [{ id: known.subscriptionId, status: FINAL_STATUS[settlement.finalAction] }],
  );
  if (actions.length === 0) return [];
  const rows = await all(
    em,
    `update subscription
     set status = j.value ->> 'status',
         next_billing_at = case when j.value ->> 'status' = 'canceled' then null else next_billing_at end
     from json_each(?) j
     where subscription.id = j.value ->> 'id' and subscription.status not in ('canceled', 'completed', 'paused')
     returning subscription.id, subscription.customer_id, subscription.status`,
    [batch(actions)],
  );
  return rows.map((row) => ({
    type: `subscription.${text(row, "status")}`,
    customerId: text(row, "customer_id"),
    subscriptionId: text(row, "id"),
    data: { because: "dunning_final_action" },
  }));
}

const FINAL_STATUS = { unpaid: "unpaid", cancel: "canceled", pause: "paused" } as const;

function eventOf({ attemptId, known, settlement }: Changed): NewEvent {
  const { attempt, invoice } = settlement;
  return {
    type: settlement.event,
    customerId: known.facts.attempt.customerId,
    subscriptionId: known.subscriptionId,
    invoiceId: known.facts.invoice.id,
    attemptId,
    data: {
      attempt: known.number,
      outcome: attempt.state,
      amountCents: known.facts.attempt.amountCents,
      currency: known.facts.attempt.currency,
      declineClass: attempt.decline?.declineClass ?? null,
      failureCode: attempt.decline?.failureCode ?? null,
      nextAttemptAt: invoice.nextAttemptAt?.toISOString() ?? null,
      statusReason: invoice.statusReason,
      because: attempt.trace?.because ?? null,
    },
  };
}
