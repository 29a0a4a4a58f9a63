/**
 * Book what was learned about attempts: one transaction a group, through the one reducer.
 *
 * When a group cannot be written, its members are written one by one, so that one impossible row cannot keep the
 * outcome of its neighbours out of the books. What then still fails is logged with everything we know and stays as it
 * was: an attempt in `sending` turns into `unknown` when its lease runs out. It is returned as not recorded.
 */
import type { Evidence } from "../../domain/attempt.ts";
import type { BankCalendar, DunningPolicy } from "../../domain/dunning/dunning.ts";
import { stopsEverybody } from "../../domain/errors.ts";
import type { InquirySchedule } from "../../domain/settle/inquiry-schedule.ts";
import type { BudgetSettings } from "../../domain/dunning/network-budget.ts";
import { settle } from "../../domain/settle/settle.ts";
import type { SettleEvent, SettleRules } from "../../domain/settle/settlement.ts";
import type { Clock, Log, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { Settled, SettleFacts, SettleItem } from "../ports/charging.ts";

export type SettleNeeds = {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly policies: ReadonlyMap<string, DunningPolicy>;
  /** When banks are closed: salaries come on the business day before. */
  readonly calendar: BankCalendar;
  readonly budgets: BudgetSettings;
  readonly inquiries: InquirySchedule;
  readonly backoffMs: number;
};

export async function settleAttempts(needs: SettleNeeds, items: readonly SettleItem[]): Promise<readonly Settled[]> {
  if (items.length === 0) return [];
  try {
    return logged(needs, await settleGroup(needs, items));
  } catch (error) {
    if (stopsEverybody(error)) {
      for (const each of items) needs.log.error("attempt.not_recorded", { ...each, error });
      throw error;
    }
    const [item, ...others] = items;
    if (item !== undefined && others.length === 0) {
      needs.log.error("attempt.not_recorded", { ...item, error });
      return [{ attemptId: item.attemptId, invoiceId: "", settlement: null, notRecorded: true }];
    }
    const settled: Settled[] = [];
    for (const each of items) settled.push(...(await settleAttempts(needs, [each])));
    return settled;
  }
}

async function settleGroup(needs: SettleNeeds, items: readonly SettleItem[]): Promise<readonly Settled[]> {
  const { store, clock, policies } = needs;
  const now = clock.now();
  return await store.settle(items, now, (facts: SettleFacts, evidence: Evidence) => {
    const rules = rulesAt(needs, policyOf(policies, facts.dunning), now);
    return settle(facts.attempt, facts.invoice, evidence, { ...rules, livemode: facts.livemode });
  });
}

/** A policy that is gone from the file must not leave an invoice without one. */
export function policyOf(policies: SettleNeeds["policies"], name: string): DunningPolicy {
  const policy = policies.get(name) ?? policies.values().next().value;
  if (policy === undefined) throw new Error("there is no dunning policy at all");
  return policy;
}

export function rulesAt(
  { random, calendar, inquiries, backoffMs }: SettleNeeds,
  policy: DunningPolicy,
  now: Date,
): SettleRules {
  return { now, policy, calendar, inquiries, backoffMs, jitter: random.fraction(), livemode: null };
}

const LEVELS: Record<SettleEvent, "info" | "warn" | "error"> = {
  "invoice.paid": "info",
  "invoice.paid_after_cancel": "warn",
  "invoice.payment_failed": "warn",
  "invoice.uncollectible": "warn",
  "invoice.held": "error",
  "invoice.voided": "info",
  "attempt.declined": "warn",
  "attempt.refused": "error",
  "attempt.pending": "info",
  "attempt.unknown": "warn",
  "attempt.inquiry_made": "warn",
  "attempt.not_sent": "warn",
  "attempt.released": "info",
  "invoice.payment_link_created": "info",
  "invoice.payment_link_lapsed": "warn",
  "attempt.paid_again": "error",
};

function logged({ log }: SettleNeeds, settled: readonly Settled[]): readonly Settled[] {
  for (const { attemptId, invoiceId, settlement } of settled) {
    if (settlement === null) continue;
    const { attempt, invoice, event } = settlement;
    log[LEVELS[event]](event, {
      invoiceId,
      attemptId,
      outcome: attempt.state,
      invoiceStatus: invoice.status,
      statusReason: invoice.statusReason,
      orderId: attempt.orderId,
      chargeId: attempt.chargeId,
      declineClass: attempt.decline?.declineClass,
      failureCode: attempt.decline?.failureCode,
      nextAttemptAt: invoice.nextAttemptAt,
      httpStatus: attempt.trace?.httpStatus,
      because: attempt.trace?.because,
    });
  }
  return settled;
}
