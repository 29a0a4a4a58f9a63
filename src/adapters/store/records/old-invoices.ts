/** What `isArchivable` asks about old invoices: one statement a kind of fact, for a whole page of them. */
import type { ArchivePlace } from "../../../application/ports/archive.ts";
import {
  isArchivable,
  type OldAttempt,
  type OldEvent,
  type OldInvoice,
  type OldLink,
} from "../../../domain/archivable.ts";
import { flag, grouped, instant, instantOrNull, text, whole, wholeOrNull, word, wordOrNull } from "../dialect/codec.ts";
import { all, batch, type Connected, ms, type RawRow } from "../dialect/sql.ts";

export type OldPage = {
  /** Of those that were looked at, what nothing needs any more. */
  readonly ids: readonly string[];
  /** Where the next ones begin; null: there are no more. */
  readonly after: ArchivePlace | null;
};

/** Of so many that were opened before the day, in the order of their opening. */
export async function archivablePage(
  em: Connected,
  before: Date,
  { after, limit }: { readonly after: ArchivePlace | null; readonly limit: number },
): Promise<OldPage> {
  const rows = await all(
    em,
    `select i.id, i.opened_at from invoice i
     where (i.opened_at, i.id) > (?, ?) and i.opened_at < ? order by i.opened_at, i.id limit ?`,
    [after?.openedAt ?? -1, after?.invoiceId ?? "", ms(before), limit],
  );
  const last = rows.length < limit ? undefined : rows.at(-1);
  return {
    ids: await archivableOf(
      em,
      rows.map((row) => text(row, "id")),
      before,
    ),
    after: last === undefined ? null : { openedAt: whole(last, "opened_at"), invoiceId: text(last, "id") },
  };
}

/** In the order in which they are given. */
export async function archivableOf(em: Connected, ids: readonly string[], before: Date): Promise<string[]> {
  const invoices = await oldInvoices(em, ids);
  return ids.filter((id) => {
    const invoice = invoices.get(id);
    return invoice !== undefined && isArchivable(invoice, before);
  });
}

const OF_THESE = "in (select value from json_each(?))";

async function oldInvoices(em: Connected, ids: readonly string[]): Promise<Map<string, OldInvoice>> {
  if (ids.length === 0) return new Map();
  const of = async (sql: string): Promise<RawRow[]> => await all(em, `${sql} ${OF_THESE}`, [batch(ids)]);
  const rows = await of(
    `select i.id, i.opened_at, i.status, i.cycle, i.period_end, i.paid_at, p.expiry_count,
            (select max(l.cycle) from invoice l where l.subscription_id = i.subscription_id) as last_cycle,
            (select max(n.paid_at) from invoice n where n.subscription_id = i.subscription_id) as last_paid_at,
            exists (select 1 from dispute d where d.invoice_id = i.id) as is_disputed,
            exists (select 1 from item t where t.invoice_id = i.id) as has_items,
            exists (select 1 from item t where t.last_invoice_id is not null and t.last_invoice_id = i.id) as had_items,
            exists (select 1 from balance_entry b where b.invoice_id = i.id) as moved_balance
     from invoice i join subscription s on s.id = i.subscription_id join plan p on p.id = s.plan_id where i.id`,
  );
  const attempts = await of(
    `select a.invoice_id, a.state, a.settled_at, a.after_cancel, a.decline_class, a.card_cleared_at,
            exists (select 1 from denied_charge d where d.attempt_id = a.id) as is_denied,
            exists (select 1 from read_failure r where r.id = a.id) as is_unreadable
     from attempt a where a.invoice_id`,
  );
  const refunds = await of("select r.invoice_id, r.settled_at from refund r where r.invoice_id");
  const links = await of(
    "select k.invoice_id, k.expires_at, k.recheck_at, k.keep_card_at from payment_link k where k.invoice_id",
  );
  const events = await of(
    `select e.invoice_id, e.at, e.sequence = (select max(m.sequence) from event m) as is_last,
            e.sequence > (select n.notified_through from installation n) as is_ahead,
            exists (select 1 from event_delivery v where v.event_id = e.id and v.state = 'pending') as is_pending
     from event e where e.invoice_id`,
  );
  const [attemptsOf, linksOf] = [grouped(attempts, "invoice_id", attemptOf), grouped(links, "invoice_id", linkOf)];
  const eventsOf = grouped(events, "invoice_id", eventOf);
  const refundsOf = grouped(refunds, "invoice_id", (row) => ({ settledAt: instantOrNull(row, "settled_at") }));
  return new Map(
    rows.map((row) => {
      const id = text(row, "id");
      return [
        id,
        {
          status: word(row, "status"),
          cycle: wholeOrNull(row, "cycle"),
          openedAt: instant(row, "opened_at"),
          periodEnd: instant(row, "period_end"),
          paidAt: instantOrNull(row, "paid_at"),
          lastCycle: wholeOrNull(row, "last_cycle"),
          lastPaidAt: instantOrNull(row, "last_paid_at"),
          countsCharges: row["expiry_count"] !== null,
          isDisputed: flag(row, "is_disputed"),
          hasItems: flag(row, "has_items") || flag(row, "had_items"),
          movedBalance: flag(row, "moved_balance"),
          attempts: attemptsOf.get(id) ?? [],
          refunds: refundsOf.get(id) ?? [],
          links: linksOf.get(id) ?? [],
          events: eventsOf.get(id) ?? [],
        },
      ];
    }),
  );
}

function attemptOf(row: RawRow): OldAttempt {
  return {
    state: word(row, "state"),
    settledAt: instantOrNull(row, "settled_at"),
    afterCancel: wordOrNull(row, "after_cancel"),
    declineClass: wordOrNull(row, "decline_class"),
    isCleared: row["card_cleared_at"] !== null,
    isDenied: flag(row, "is_denied"),
    isUnreadable: flag(row, "is_unreadable"),
  };
}

function linkOf(row: RawRow): OldLink {
  return {
    expiresAt: instant(row, "expires_at"),
    recheckAt: instantOrNull(row, "recheck_at"),
    keepCardAt: instantOrNull(row, "keep_card_at"),
  };
}

/** Where nobody is told of events, none is ahead of the last that was. */
function eventOf(row: RawRow): OldEvent {
  return {
    at: instant(row, "at"),
    isLast: flag(row, "is_last"),
    isUntold: flag(row, "is_ahead") || flag(row, "is_pending"),
  };
}
