/**
 * Whether a dunning policy could break what card networks allow, told when the policy is loaded.
 *
 * Pure. The worst case is taken: whatever the declines, each wait is the shortest that the policy has for one. Tries of
 * several invoices on one card are not seen here; they are counted before each charge (charge-decision.ts).
 */
import type { DunningPolicy } from "./dunning.ts";
import { budgetFor, type BudgetSettings } from "./network-budget.ts";

const MINUTES_A_DAY = 1440;
/** By which local days are shorter when the clocks go forward within them, which they do once in 30 days at most. */
const CLOCK_CHANGE_MINUTES = 60;
/** 15, 20 and 31 December, and 15 January, which a weekend moves up to the 13th. */
const PAYDAYS_IN_30_DAYS = 4;

/** What a retry waits at least; `savedMinutes` is how much sooner a payday may come than the plain wait. */
type Wait = { readonly minutes: number; readonly savedMinutes: number };

/** @returns what is wrong and how to mend it; null: nothing is */
export function exceededBudget(policy: DunningPolicy, settings: BudgetSettings): string | null {
  const waits = shortestWaits(policy);
  for (const [brand, network] of [
    ["visa", "Visa"],
    ["mastercard", "Mastercard"],
  ] as const)
    for (const { reattempts, withinHours } of budgetFor(brand, settings).limits) {
      const most = mostWithin(waits, Math.min(withinHours * 60, (policy.windowDays + 1) * MINUTES_A_DAY));
      if (most > reattempts)
        return (
          `could try a declined card ${most} times more within ${withinHours === 24 ? "24 hours" : "30 days"}, and ` +
          `${network} allows ${reattempts}; give fewer or longer waits in retry_after_days and try_again_after_minutes`
        );
    }
  return null;
}

function shortestWaits({ retryAfterDays, retryAt, payday, tryAgainAfterMinutes }: DunningPolicy): Wait[] {
  const tries = Math.max(retryAfterDays.length, tryAgainAfterMinutes.length);
  return Array.from({ length: tries }, (_, index) => {
    const days = retryAfterDays[index];
    const minutes = Math.min(
      days === undefined ? Infinity : daysInMinutes(days, retryAt),
      tryAgainAfterMinutes[index] ?? Infinity,
    );
    const paydayMinutes = days === undefined || !payday ? Infinity : daysInMinutes(1, retryAt ?? "09:00");
    return { minutes, savedMinutes: Math.max(0, minutes - paydayMinutes) };
  });
}

/** From a decline at the last moment of its day, where the retry's hour is fixed. */
function daysInMinutes(days: number, retryAt: string | null): number {
  const [hour = 0, minute = 0] = retryAt === null ? [24] : retryAt.split(":").map(Number);
  return (days - 1) * MINUTES_A_DAY + hour * 60 + minute;
}

/** The most retries that fall into any stretch of so many minutes, which begins with one of them. */
function mostWithin(waits: readonly Wait[], minutes: number): number {
  const counts = waits.map((_, from) => {
    const after = waits.slice(from + 1);
    const over = after.findIndex((_wait, index) => shortestSum(after.slice(0, index + 1)) >= minutes);
    return 1 + (over < 0 ? after.length : over);
  });
  return Math.max(0, ...counts);
}

function shortestSum(waits: readonly Wait[]): number {
  const saved = waits.map(({ savedMinutes }) => savedMinutes).toSorted((a, b) => b - a);
  const atMost = saved.slice(0, PAYDAYS_IN_30_DAYS).map((minutes) => -minutes);
  return sum([...waits.map((wait) => wait.minutes), ...atMost, -CLOCK_CHANGE_MINUTES]);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
