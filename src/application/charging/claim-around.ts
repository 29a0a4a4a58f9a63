/**
 * Claim a page of due invoices around a row that cannot be understood: no other invoice waits for that one.
 *
 * A page is one transaction, and one row can make it impossible. Then the page is halved until that row is alone; its
 * invoice stays due, is set aside for this run, and said. A crash in between leaves some parts of the page claimed.
 */
import { BillingError, DatabaseUnusable, stopsEverybody } from "../../domain/errors.ts";
import type { CustomersRead } from "../customers/read-customers.ts";
import type { DuePlace } from "../ports/charging.ts";
import type { Owner } from "../ports/installation.ts";
import type { SettleNeeds } from "../settling/settle-attempts.ts";
import { putRowAside, type RunSummary } from "../settling/run-summary.ts";
import { claimDue, type ClaimedPage, type ClaimOptions } from "./claim-due.ts";

/** @throws what is nobody's row: a BillingError */
export async function claimAround(
  needs: SettleNeeds,
  owner: Owner,
  options: ClaimOptions,
  read: CustomersRead,
  summary: RunSummary,
): Promise<ClaimedPage> {
  try {
    return await claimDue(needs, owner, options, read, summary);
  } catch (error) {
    if (isNobodysRow(error)) throw error;
    const places = await needs.store.duePlaces(options.now, { after: options.after, limit: options.pageSize });
    const page = await claimHalves(places, options);
    // Where its limit ended it, it goes on with the first that it had to leave.
    const isLast = places.length < options.pageSize && page.next?.invoiceId === places.at(-1)?.invoiceId;
    return isLast ? { ...page, next: null } : page;
  }

  async function claimHalves(places: readonly DuePlace[], given: ClaimOptions): Promise<ClaimedPage> {
    const middle = Math.ceil(places.length / 2);
    const first = await claimPart(places.slice(0, middle), given);
    const others = places.slice(middle);
    if (others.length === 0 || (first.isLimited && given.maxCharges > 0)) return first;
    const maxCharges = given.maxCharges - first.claimed.length;
    const second = await claimPart(others, { ...given, maxCharges, after: places[middle - 1]! });
    return {
      claimed: [...first.claimed, ...second.claimed],
      refusedBefore: new Set([...first.refusedBefore, ...second.refusedBefore]),
      toRead: new Set([...first.toRead, ...second.toRead]),
      unread: new Set([...first.unread, ...second.unread]),
      moved: first.moved + second.moved,
      isLimited: first.isLimited || second.isLimited,
      next: second.next,
    };
  }

  async function claimPart(places: readonly DuePlace[], given: ClaimOptions): Promise<ClaimedPage> {
    const last = places.at(-1);
    if (last === undefined) return NOTHING;
    try {
      const page = await claimDue(needs, owner, { ...given, pageSize: places.length }, read, summary);
      return { ...page, next: page.next ?? last };
    } catch (error) {
      if (isNobodysRow(error)) throw error;
      if (places.length > 1) return await claimHalves(places, given);
      putRowAside(needs, summary, { invoiceId: last.invoiceId }, error);
      return { ...NOTHING, next: last };
    }
  }
}

const NOTHING: ClaimedPage = {
  claimed: [],
  refusedBefore: new Set(),
  toRead: new Set(),
  unread: new Set(),
  moved: 0,
  isLimited: false,
  next: null,
};

function isNobodysRow(error: unknown): boolean {
  return error instanceof DatabaseUnusable ? stopsEverybody(error) : error instanceof BillingError;
}
