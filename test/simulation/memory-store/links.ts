/** Payment links in the store in memory: the same conditions as `payment-links.ts` has in SQLite. */
import type { Random } from "../../../src/application/ports/runtime.ts";
import type { CardToKeep, ClaimedAttempt, LinkClaim } from "../../../src/application/ports/charging.ts";
import type { Owner } from "../../../src/application/ports/installation.ts";
import { BLANK_ATTEMPT, claimedAttempt, nextNumber } from "./claiming.ts";
import { hasPage } from "../../../src/domain/ways-to-pay.ts";
import { openLink } from "../../../src/domain/settle/open-link.ts";
import type { AttemptRow, LinkRow } from "./rows.ts";
import { mayBeRead } from "./read-failures.ts";
import type { MemoryTables } from "./tables.ts";

/** @returns null: the invoice is not open, an attempt of it is, or another claim of its customer is under way */
export function claimLink(
  tables: MemoryTables,
  owner: Owner,
  { invoiceId, flow, now, leaseMs, methods, expiresAt, requestedBy }: LinkClaim,
  random: Random,
): ClaimedAttempt | null {
  const { invoices, attempts, links } = tables;
  const { epoch, halts } = tables.installation.current;
  const invoice = invoices.get(invoiceId);
  if (invoice === undefined || halts.length > 0 || epoch !== owner.epoch) return null;
  const tries = attempts.inGroup("invoice", invoiceId).map(({ state }) => state);
  const triesOfCustomer = attempts.inGroup("customer", invoice.customerId).map(({ state }) => state);
  const hasOpenPage = invoices
    .inGroup("unsettled", invoice.subscriptionId)
    .map(({ id }) => attempts.byUnique("attempt_one_open", id))
    .some((open) => open !== undefined && hasPage(open));
  const change = openLink({ invoice, tries, triesOfCustomer, hasOpenPage }, requestedBy, now);
  if (change === null) return null;
  invoices.put({ ...invoice, ...change });
  const number = nextNumber(tables, invoiceId);
  const { customerId, amountCents, currency } = invoice;
  const attempt: AttemptRow = {
    ...BLANK_ATTEMPT,
    ...{ id: random.newId("att", now), invoiceId, customerId, number, reference: `${invoiceId}-${number}` },
    ...{ flow, amountCents, currency, paymentSourceId: null, cardBrand: null, cardLast4: null },
    ...{ claimedBy: owner.id, claimEpoch: owner.epoch, claimedAt: now },
    claimedUntil: new Date(now.getTime() + leaseMs),
  };
  attempts.put(attempt);
  const id = random.newId("lnk", now);
  links.put({
    ...blankLink({ id, attemptId: attempt.id, invoiceId, createdAt: now, expiresAt }),
    methods,
    requestedBy,
  });
  return claimedAttempt(tables, attempt);
}

/** A link of which nothing is known but that it is to be, or was, made. */
export function blankLink(
  known: Pick<LinkRow, "id" | "attemptId" | "invoiceId" | "createdAt" | "expiresAt">,
): Omit<LinkRow, "methods" | "requestedBy"> {
  const nothing = { url: null, cancelRequestedAt: null, cancelBecause: null, keepCardAt: null, recheckAt: null };
  return { ...known, ...nothing, rechecks: 0 };
}

/** Links that were paid by a card which is to become the customer's default. */
export function cardsToKeep(tables: MemoryTables, now: Date, limit: number): CardToKeep[] {
  const { links, attempts } = tables;
  if (links.group("keep_card", "keep card").size === 0) return [];
  return links
    .inGroup("keep_card", "keep card")
    .filter(({ attemptId }) => mayBeRead(tables, attempts.must(attemptId).customerId, now))
    .toSorted(by(({ keepCardAt }) => keepCardAt))
    .slice(0, limit)
    .map(({ id, attemptId }) => {
      const { customerId, cardLast4 } = attempts.must(attemptId);
      return { linkId: id, customerId, last4: cardLast4 };
    });
}

function by(at: (link: LinkRow) => Date | null): (a: LinkRow, b: LinkRow) => number {
  return (a, b) => (at(a)?.getTime() ?? 0) - (at(b)?.getTime() ?? 0) || (a.id < b.id ? -1 : 1);
}
