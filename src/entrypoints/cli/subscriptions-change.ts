/** `subscriptions pause | resume | skip | cancel`: each one transaction, done beside a running daemon. */
import type { SubscriptionRow } from "../../application/ports/listings.ts";
import type { NextCharge } from "../../domain/next-charge.ts";
import type { Assembly } from "../../assemble.ts";
import { confirmOrStop } from "./confirm.ts";
import { printJson, printLine } from "./print.ts";
import { rowOf } from "./rows.ts";
import { withStore } from "./session.ts";

type Options = { readonly json?: true; readonly yes?: true };

export async function pause(subscriptionId: string, options: Options): Promise<void> {
  const { pauseSubscription } = await import("../../application/subscriptions/pause-subscription.ts");
  await withStore(async (app) => {
    await pauseSubscription(app, subscriptionId);
    await tell(
      app,
      subscriptionId,
      options,
      (_row, { charge, clause }) =>
        `${subscriptionId} is paused: cycles that fall due from now on are void until it is resumed. ` +
        "What was owed before is still collected; puntual invoices void ends that." +
        (charge === null || charge.at === null ? "" : ` For that there is a ${clause}.`),
    );
  });
}

export async function resume(subscriptionId: string, options: Options): Promise<void> {
  const { resumeSubscription } = await import("../../application/subscriptions/pause-subscription.ts");
  await withStore(async (app) => {
    await resumeSubscription(app, subscriptionId);
    await tell(app, subscriptionId, options, (_row, { clause }) => `${subscriptionId} goes on; ${clause}.`);
  });
}

export async function skip(subscriptionId: string, options: Options): Promise<void> {
  const { skipCycle } = await import("../../application/subscriptions/skip-cycle.ts");
  const { zoned } = await import("./cells.ts");
  await withStore(async (app) => {
    const skipped = await skipCycle(app, subscriptionId);
    await tell(
      app,
      subscriptionId,
      options,
      (row, { clause }) => {
        const skippedDay = zoned(skipped.periodStart.toISOString(), row.timeZone);
        return `${subscriptionId} is not billed for ${skippedDay}; ${clause}.`;
      },
      { skipped },
    );
  });
}

export async function cancel(subscriptionId: string, options: Options & { readonly now?: true }): Promise<void> {
  const { cancelSubscription } = await import("../../application/subscriptions/cancel-subscription.ts");
  const { zoned } = await import("./cells.ts");
  await withStore(async (app) => {
    if (options.now) {
      const row = await rowOf(app, "subscriptions", { subscriptionId }, "subscription");
      const unpaid = row.unpaidInvoices;
      const voids = unpaid === 0 ? "" : ` Its ${unpaid} unpaid invoice${unpaid === 1 ? "" : "s"} will be void.`;
      await confirmOrStop(`Cancel ${subscriptionId} now?${voids} It cannot be taken up again.`, options);
    }
    const canceled = await cancelSubscription(app, subscriptionId, { atOnce: options.now === true });
    await tell(
      app,
      subscriptionId,
      options,
      (row, { clause }) => {
        const { voidedInvoices, waitingInvoices } = canceled;
        const waiting = waitingInvoices.length === 0 ? "" : `, ${waitingInvoices.length} void when their attempt ends`;
        if (options.now) return `${subscriptionId} is canceled; ${voidedInvoices.length} invoices void${waiting}.`;
        return `${subscriptionId} ends ${zoned(canceled.endsAt.toISOString(), row.timeZone)}; ${clause}.`;
      },
      { canceled },
    );
  });
}

async function tell(
  app: Assembly,
  subscriptionId: string,
  { json }: Options,
  sentence: (row: SubscriptionRow, next: Next) => string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const { nextChargeClause, nextCharges } = await import("./next-charges.ts");
  const subscription = await rowOf(app, "subscriptions", { subscriptionId }, "subscription");
  const charge = (await nextCharges(app, [subscriptionId])).of(subscriptionId);
  if (json) return printJson({ subscription, nextCharge: charge, ...more });
  printLine(sentence(subscription, { charge, clause: nextChargeClause(charge, subscription.timeZone) }));
}

/** `clause`: "next charge 2026-01-31 09:00 America/Mexico_City, $200.15 MXN", or why there is none. */
type Next = { readonly charge: NextCharge | null; readonly clause: string };
