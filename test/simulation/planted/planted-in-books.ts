/** Bugs in what is written, and under which condition. */
import type { OpeningBatch } from "../../../src/application/ports/charging.ts";
import type { AttemptRow } from "../memory-store/rows.ts";
import type { PlantedBug } from "./planted-bug.ts";

export const BUGS_IN_BOOKS: readonly PlantedBug[] = [
  {
    name: "next cycle from now",
    caughtBy: /^I2$/,
    flow: null,
    plant: ({ store }) => ({
      store: {
        open: (batch, now) =>
          store.open(
            batch.map((each) => ({ ...each, nextBillingAt: fromNow(each, now) })),
            now,
          ),
      },
    }),
  },
  {
    name: "skipped missed cycles",
    caughtBy: /^I2$/,
    flow: null,
    plant: ({ store }) => ({
      store: {
        open: (batch, now) =>
          store.open(
            batch.map((each) => ({ ...each, invoices: each.invoices.slice(-1), events: each.events.slice(-1) })),
            now,
          ),
      },
    }),
  },
  {
    name: "outcome without event",
    caughtBy: /^I7$/,
    flow: null,
    plant: ({ store, memory }) => ({
      store: {
        // The outcome is committed alone, and its event by a transaction that a crash may prevent.
        settle: async (items, now, decide) => {
          const written = memory.tables.events.length;
          const settled = await store.settle(items, now, decide);
          const events = memory.tables.events.splice(written);
          await store.installation();
          memory.tables.events.push(...events.filter((_event, index) => (now.getTime() + index) % 97 !== 0));
          return settled;
        },
      },
    }),
  },
  {
    name: "claim without compare-and-set",
    caughtBy: /^(I1|I3)$/,
    // In order_first a process that is frozen for longer than the quiet time is stopped by the gateway's guard alone.
    flow: "single",
    weather: (weather) => ({ ...weather, freezeRate: 0.003, hasZombies: true }),
    plant: ({ memory }) => ({
      store: {
        markSending: async (_owner, items, { now, leaseMs }) => {
          const { attempts } = memory.tables;
          for (const { attemptId, orderId } of items) {
            const claimedUntil = new Date(now.getTime() + leaseMs);
            const row: AttemptRow = { ...attempts.must(attemptId), sentAt: now, claimedUntil, orderId };
            // Whatever became of it since it was claimed.
            if (row.settledAt === null) attempts.put({ ...row, state: "sending" });
          }
          return new Set(items.map(({ attemptId }) => attemptId));
        },
      },
    }),
  },
];

/** The next date counted from the moment of the run, by the length of the last period. */
function fromNow({ invoices, nextBillingAt }: OpeningBatch, now: Date): Date | null {
  const last = invoices.at(-1);
  if (last === undefined || nextBillingAt === null) return nextBillingAt;
  return new Date(now.getTime() + last.periodEnd.getTime() - last.periodStart.getTime());
}
