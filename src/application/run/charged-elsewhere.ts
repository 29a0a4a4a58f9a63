/**
 * An empty database must not charge what another one has charged already.
 *
 * A database that was lost, or a second one that was begun by mistake, opens the same cycles of the same subscriptions
 * under another installation, which the restore fence cannot know for its own. So before its first charge the orders at the
 * gateway are read from one period before the oldest one that is due: one of another installation for the same customer,
 * subscription and cycle halts charging, until a person has looked and says go. So does one that was made in the period that is
 * due, or in the one before under another number than that has here: a change of plan begins periods anew, so there the same days
 * may have another number, and another end. After the first charge, or that word, nothing is asked any more.
 */
import { DAY_MS } from "../../domain/duration.ts";
import { LOOK_BACK_DAYS } from "../../domain/look-back.ts";
import { MAX_CLOCK_SKEW_MS, WRONG_CLOCK_MS } from "../../domain/clock-skew.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import { ordersWithin } from "../reconcile/orders-within.ts";
import type { DueCycle, DuePlace } from "../ports/charging.ts";
import type { ListedOrder } from "../ports/reconcile.ts";
import type { Store } from "../ports/store.ts";
import type { RunSummary } from "../settling/run-summary.ts";
import type { Fence, FenceNeeds } from "./restore-fence.ts";

type Needs = Pick<FenceNeeds, "clock" | "log" | "sweep"> & {
  readonly store: Pick<Store, "installation" | "haltCharging" | "dueCycles">;
};

const PAGE = 1000;

export function chargedElsewhere({ store, clock, log, sweep }: Needs) {
  let isOver = false;
  /** Invoices that were compared, and charged by nobody else. */
  const compared = new Set<string>();

  /** Page by page, with a turn for others after each: all customers may be due at once. */
  async function dueNow(now: Date): Promise<readonly DueCycle[]> {
    const due: DueCycle[] = [];
    let after: DuePlace | null = null;
    for (;;) {
      const page: readonly DueCycle[] = await store.dueCycles(now, { after, limit: PAGE });
      due.push(...page.filter((each) => !compared.has(each.invoiceId)));
      after = page.at(-1) ?? null;
      if (page.length < PAGE) return due;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function findOther(due: readonly DueCycle[], now: Date): Promise<ListedOrder | null> {
    const { id } = await store.installation();
    const bySubscription = Map.groupBy(due, ({ subscriptionId }) => subscriptionId);
    const oldestMs = due.reduce((oldest, each) => Math.min(oldest, aPeriodBefore(each)), now.getTime());
    const from = new Date(Math.max(oldestMs - WRONG_CLOCK_MS, now.getTime() - LOOK_BACK_DAYS * DAY_MS));
    const to = new Date(now.getTime() + WRONG_CLOCK_MS);
    for await (const order of ordersWithin(sweep.lister, { from, to })) {
      const { installationId, subscriptionId } = order;
      if (installationId === null || installationId === id) continue;
      if (bySubscription.get(subscriptionId ?? "")?.some((each) => mayBePaidBy(each, order)) === true) return order;
    }
    return null;
  }

  return {
    /** @returns `unread`: the orders could not be read, and nobody may be charged before they are */
    async check(summary: RunSummary): Promise<Fence> {
      isOver ||= (await sweep.records.lastSentAt()) !== null || (await store.installation()).mayRepeatOthers;
      if (isOver) return "checked";
      try {
        // Meanwhile a person may have made others due: the run that follows may charge none that was not compared.
        for (;;) {
          const now = clock.now();
          const due = await dueNow(now);
          if (due.length === 0) return "checked";
          const order = await findOther(due, now);
          for (const each of due) compared.add(each.invoiceId);
          if (order === null) continue;
          const because = becauseOf(order);
          await store.haltCharging({ kind: "charged_elsewhere", because }, now);
          log.error("charging.halted", { because, orderId: order.orderId });
          summary.haltReason = because;
          return "checked";
        }
      } catch (error) {
        if (!(error instanceof GatewayUnavailable || error instanceof GatewayRefused)) throw error;
        log.warn("elsewhere.not_checked", { because: `nobody is charged before it is: ${error.message}` });
        return "unread";
      }
    },
  };
}

/** Of the same subscription. Something that is charged once has no cycle: another database can have it only with the same invoice. */
function mayBePaidBy(due: DueCycle, { shown, cycle, invoiceId, createdAt }: ListedOrder): boolean {
  if (shown !== null && shown.customerId !== null && shown.customerId !== due.customerId) return false;
  if (due.cycle === null || cycle === null) return due.cycle === cycle && due.invoiceId === invoiceId;
  if (cycle === due.cycle) return true;
  if (createdAt === null) return false;
  // What was billed for the period before, in its own time, is what a lost database leaves: it paid none of these days.
  const since = cycle === due.cycle - 1 ? due.periodStart.getTime() : aPeriodBefore(due);
  return createdAt.getTime() >= since - MAX_CLOCK_SKEW_MS;
}

/** Where a change of plan began the periods anew, the cycle of the same number lies as far back at most. */
function aPeriodBefore({ periodStart, periodEnd }: DueCycle): number {
  return 2 * periodStart.getTime() - periodEnd.getTime();
}

function becauseOf({ orderId, installationId, subscriptionId, cycle }: ListedOrder): string {
  return (
    `this database has charged nobody yet, and Conekta has the order ${orderId} of another installation ` +
    `(${installationId}) for ${cycle === null ? "an invoice" : `cycle ${cycle}`} of ${subscriptionId}, which is due here: was the database lost, ` +
    "or begun anew by mistake? Put the right one back; or, if these charges are to be made, say so"
  );
}
