/** `subscriptions pause | resume | skip | unskip | cancel | uncancel`: each one transaction, done beside a running daemon. */
import type { SubscriptionRow } from "../../application/ports/listings/subscriptions.ts";
import type { NextCharge } from "../../domain/charging/next-charge.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import type { Assembly } from "../../assemble.ts";
import type { HowToCancel } from "../../application/subscriptions/cancel-subscription.ts";
import { confirmOnTerminal, confirmOrStop } from "./confirm.ts";
import { printJson, printLine } from "./print.ts";
import { rowOf } from "./rows.ts";
import { withStore } from "./session.ts";

type Options = { readonly json?: true; readonly yes?: true };

type PauseOptions = Options & { readonly from?: string; readonly until?: string };

export async function pause(subscriptionId: string, options: PauseOptions): Promise<void> {
  const { pauseSubscription, planPause } = await import("../../application/subscriptions/pause-subscription.ts");
  const { from = null, until } = options;
  if (from !== null && until === undefined)
    throw new UsageInvalid("--from goes with --until, the day from which it is charged again");
  await withStore(async (app) => {
    if (until !== undefined) {
      const pausedFor = await planPause(app, subscriptionId, { from, until });
      return await tell(
        app,
        subscriptionId,
        options,
        (_row, { clause }) =>
          `${subscriptionId} is paused from ${from ?? "now"} until ${until}: cycles that fall due in between are void, ` +
          `and from ${until} on it is charged again by itself; ${clause}. What was owed before is still collected.`,
        { pausedFor },
      );
    }
    await pauseSubscription(app, subscriptionId);
    const grants = await app.store.list("couponGrants", { where: { subscriptionId } });
    const hasCoupon = grants.some(({ untilCycle, takenAt }) => untilCycle !== null && takenAt === null);
    await tell(
      app,
      subscriptionId,
      options,
      (_row, { charge, clause }) =>
        `${subscriptionId} is paused: cycles that fall due from now on are void until it is resumed. ` +
        "What was owed before is still collected; `npx puntual invoices void INVOICE` ends that." +
        (charge === null || charge.at === null ? "" : ` For that there is a ${clause}.`) +
        (hasCoupon ? " A paused cycle uses up one of those of its coupons." : ""),
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
    const { nextBillingAt, timeZone } = await rowOf(app, "subscriptions", { subscriptionId }, "subscription");
    if (nextBillingAt !== null)
      await confirmOnTerminal(
        `Do not bill ${subscriptionId} on ${zoned(nextBillingAt, timeZone)}? \`subscriptions unskip\` takes it back.`,
        options,
      );
    const skipped = await skipCycle(app, subscriptionId);
    await tell(
      app,
      subscriptionId,
      options,
      (row, { clause }) => {
        const skippedDay = zoned(skipped.periodStart.toISOString(), row.timeZone);
        const used = skipped.coupons.map((code) => ` It uses up one of the cycles of coupon ${code}.`).join("");
        return `${subscriptionId} is not billed for ${skippedDay}; ${clause}.${used}`;
      },
      { skipped },
    );
  });
}

export async function unskip(subscriptionId: string, options: Options): Promise<void> {
  const { unskipCycle } = await import("../../application/subscriptions/take-back.ts");
  await withStore(async (app) => {
    const unskipped = await unskipCycle(app, subscriptionId);
    await tell(
      app,
      subscriptionId,
      options,
      (_row, { clause }) => `Cycle ${unskipped.cycle} of ${subscriptionId} is billed after all; ${clause}.`,
      { unskipped },
    );
  });
}

export async function uncancel(subscriptionId: string, options: Options): Promise<void> {
  const { uncancelSubscription } = await import("../../application/subscriptions/take-back.ts");
  await withStore(async (app) => {
    await uncancelSubscription(app, subscriptionId);
    await tell(app, subscriptionId, options, (_row, { clause }) => `${subscriptionId} goes on; ${clause}.`);
  });
}

type CancelOptions = Options & {
  readonly now?: true;
  readonly stopCollecting?: true;
  readonly chargeRest?: true;
  readonly dropRest?: true;
};

export async function cancel(subscriptionId: string, options: CancelOptions): Promise<void> {
  const { cancelSubscription, previewCancel } = await import("../../application/subscriptions/cancel-subscription.ts");
  const { moneyOf, zoned } = await import("./cells.ts");
  if (options.chargeRest && options.dropRest)
    throw new UsageInvalid("--charge-rest or --drop-rest, one of the two; nothing was changed");
  await withStore(async (app) => {
    const before = await rowOf(app, "subscriptions", { subscriptionId }, "subscription");
    const unpaid = before.unpaidInvoices;
    const plural = unpaid === 1 ? "" : "s";
    const owed = `${moneyOf(before.owedCents, before.currency)} in ${unpaid} invoice${plural}`;
    const { now, stopCollecting = now } = options;
    const how: HowToCancel = {
      ...{ atOnce: now === true, stopCollecting: stopCollecting === true },
      rest: options.chargeRest ? "charge" : options.dropRest ? "drop" : null,
    };
    const { lastInvoice, droppedItems } = await previewCancel(app, subscriptionId, how);
    const rest =
      lastInvoice !== null
        ? ` What waits for its next invoice is charged by the next run: ${moneyOf(lastInvoice.amountCents, lastInvoice.currency)}.`
        : droppedItems.length > 0
          ? ` What waits for its next invoice is dropped: ${droppedItems.join(", ")}.`
          : "";
    const voids = unpaid === 0 ? "" : ` Its ${unpaid} unpaid invoice${plural} will be void.`;
    if (options.now)
      await confirmOrStop(`Cancel ${subscriptionId} now?${voids}${rest} It cannot be taken up again.`, options);
    else
      await confirmOnTerminal(
        `Cancel ${subscriptionId} at the end of its period?` +
          (options.stopCollecting || unpaid === 0
            ? voids
            : ` It owes ${owed}, which is collected all the same, also after its end; --stop-collecting ends that.`) +
          rest,
        options,
      );
    const canceled = await cancelSubscription(app, subscriptionId, how);
    await tell(
      app,
      subscriptionId,
      options,
      (row, { clause }) => {
        const { voidedInvoices, waitingInvoices, collectedInvoices } = canceled;
        const isUnderWay = waitingInvoices.length > 0;
        const waiting = isUnderWay
          ? `, ${waitingInvoices.length} void if ${waitingInvoices.length === 1 ? "it is" : "they are"} not paid by the charge under way`
          : "";
        if (options.now)
          return `${subscriptionId} is canceled; ${voidedInvoices.length} invoice${voidedInvoices.length === 1 ? "" : "s"} void${waiting}.${rest}`;
        const end = `${subscriptionId} ends ${zoned(canceled.endsAt.toISOString(), row.timeZone)}; ${clause}.${rest}`;
        if (collectedInvoices.length > 0)
          return (
            `${end} It owes ${owed}, which is collected all the same, also after its end; ` +
            `end that with: npx puntual invoices void ${collectedInvoices[0]} --reason "…"`
          );
        return options.stopCollecting
          ? `${end} ${voidedInvoices.length} invoice${voidedInvoices.length === 1 ? "" : "s"} void${waiting}.`
          : end;
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
