/** `subscriptions add`: the options of a line of plans.yaml, judged by its rules. */
import { UsageInvalid } from "../../domain/errors.ts";
import { doOnceConfirmed } from "./confirm.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { rowOf } from "./rows.ts";
import { readConfig, withStore } from "./session.ts";

type Options = {
  readonly plan: string;
  readonly customer: string;
  readonly start: string;
  readonly timeZone?: string;
  readonly quantity: number;
  readonly id?: string;
  readonly discountPercent?: number;
  readonly discountCents?: number;
  readonly lineItem?: readonly string[];
  readonly billPast?: true;
  readonly yes?: true;
  readonly json?: true;
};

export async function addOne(options: Options): Promise<void> {
  const { readOptions, subscriptionShape } = await import("./option-shapes.ts");
  const { subscriptionOf } = await import("../../adapters/files/plans-file.ts");
  const entry = readOptions(subscriptionShape, {
    plan: options.plan,
    customer: options.customer,
    start: options.start,
    time_zone: options.timeZone,
    quantity: options.quantity,
    id: options.id,
    discount: discountOf(options),
    line_items: options.lineItem?.map(readLine),
    bill_past: options.billPast,
  });
  const config = await readConfig();
  const { where: _where, change: _change, ...order } = subscriptionOf(entry, config.billing.timeZone, 0);
  const { addSubscription } = await import("../../application/subscriptions/add-subscription.ts");
  const { zoned } = await import("./cells.ts");
  const { nextChargeClause, nextCharges } = await import("./next-charges.ts");
  await withStore(
    async (app) => {
      const { minChargeCents } = config.charging;
      const { id, firstCycle } = await doOnceConfirmed(
        (confirmed) => addSubscription({ ...app, minChargeCents }, order, "cli", { confirmed }),
        options,
      );
      const subscription = await rowOf(app, "subscriptions", { subscriptionId: id }, "subscription");
      if (options.json) return printJson({ subscription });
      const first = (await nextCharges(app, [id])).of(id);
      const billed = zoned(subscription.nextBillingAt, order.timeZone);
      printLine(
        first === null || first.at === null
          ? `Subscription ${id}: first billed ${billed}; ${nextChargeClause(first, order.timeZone)}.`
          : `Subscription ${id}: first charge ${billed}.`,
      );
      if (firstCycle > 0)
        printNote(`${firstCycle} past period${firstCycle === 1 ? " is" : "s are"} not billed (--bill-past would).`);
    },
    { config },
  );
}

function discountOf({ discountPercent, discountCents }: Options): Record<string, number> | null {
  if (discountPercent !== undefined) return { percent: discountPercent };
  return discountCents === undefined ? null : { amount_cents: discountCents };
}

function readLine(text: string, index: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UsageInvalid(
      `--line-item ${index + 1}: "${text}" is not JSON; expected '{"name":"Plan Oro","unit_price":20015,"quantity":1}', the price in whole cents`,
    );
  }
}
