/**
 * A person adds an item: a line that rides on the next invoice, or, `now`, is an invoice of its own, which the next run
 * charges like any other.
 *
 * One transaction. The same key again, with the same content, changes nothing and answers the same; with another content it
 * is refused.
 */
import { NotFound, Refused, UsageInvalid } from "../../domain/errors.ts";
import { claveFaultOf, isSameItem, type Item, lineFaultOf, ridesOn } from "../../domain/item.ts";
import { formatMoney } from "../../domain/money.ts";
import { openOnce } from "../../domain/opening.ts";
import { linesAt, type Plan } from "../../domain/plan.ts";
import { changeOfKey } from "../../domain/subscription-change.ts";
import { isEnded, type Subscription } from "../../domain/subscription.ts";
import { localDateTextOf } from "../../domain/calendar/calendar.ts";
import { type LineTax, taxFaultOf, taxFaultSaid } from "../../domain/tax.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { Records } from "../ports/records.ts";
import { subscriptionAndPlan } from "../subscriptions/bring-up-to-date.ts";
import { said, unchanged } from "../../domain/refusals.ts";

export type ItemRequest = {
  readonly key: string;
  /** One of the two. */
  readonly customerId: string | null;
  readonly subscriptionId: string | null;
  readonly name: string;
  readonly amountCents: number;
  /** Of a customer's; a subscription's is its plan's. Null: MXN. */
  readonly currency: string | null;
  readonly tax: LineTax | null;
  /** The SAT's, for the CFDI. */
  readonly claveProdServ?: string | null;
  readonly claveUnidad?: string | null;
  /** An invoice of its own. */
  readonly now: boolean;
  readonly by: string;
};

/** @property invoiceId of which it is a line by now; null: it waits */
export type AddedItem = { readonly key: string; readonly invoiceId: string | null; readonly isNew: boolean };

export async function addItem(
  { store, clock, random }: { store: Store; clock: Clock; random: Random },
  request: ItemRequest,
): Promise<AddedItem> {
  const now = clock.now();
  return await store.write(now, async (records) => {
    const whose = await whoseItIs(records, request);
    const known = await records.item(request.key);
    const { key, name, amountCents, tax, claveProdServ = null, claveUnidad = null, by } = request;
    const { customerId, billed } = whose;
    const subscriptionId = request.subscriptionId ?? billed?.subscription.id ?? null;
    const currency = billed?.plan.currency ?? request.currency ?? "MXN";
    const item: Item = {
      ...{
        id: random.newId("itm", now),
        key,
        customerId,
        subscriptionId,
        name,
        amountCents,
        discountCents: 0,
        currency,
      },
      ...{
        tax,
        claveProdServ,
        claveUnidad,
        createdAt: now,
        createdBy: by,
        removedAt: null,
        invoiceId: null,
        lastInvoiceId: null,
      },
    };
    if (known !== null) {
      if (!isSameItem(known, item) || known.removedAt !== null)
        throw new Refused(
          unchanged(
            said("item_exists", {
              ...{ key, name: known.name, amount: formatMoney(known.amountCents, known.currency) },
              ...{ customerId: known.customerId, removed: known.removedAt === null ? "" : said("which_was_removed") },
            }),
          ),
        );
      return { key, invoiceId: known.invoiceId, isNew: false };
    }
    if (changeOfKey(key) !== null) throw new UsageInvalid(unchanged(said("key_of_change", { key })));
    mustBeLine(item);
    if (billed !== null) mustFit(item, billed, now);
    records.addItem(item);
    const data = { key, name, amountCents, currency, ownInvoice: request.now };
    records.record({ type: "item.added", customerId, subscriptionId, data });
    const invoiceId = request.now ? await chargeOnce(records, item, billed!, now, random) : null;
    return { key, invoiceId, isNew: true };
  });
}

/** @throws {UsageInvalid} */
function mustBeLine(item: Item): void {
  const { claveProdServ = null, claveUnidad = null } = item;
  const fault = lineFaultOf(item) ?? claveFaultOf({ claveProdServ, claveUnidad });
  if (fault !== null) throw new UsageInvalid(unchanged(fault));
}

type Billed = { readonly subscription: Subscription; readonly plan: Plan };

async function whoseItIs(
  records: Records,
  { customerId, subscriptionId, now }: ItemRequest,
): Promise<{ readonly customerId: string; readonly billed: Billed | null }> {
  if ((customerId === null) === (subscriptionId === null)) throw new UsageInvalid(unchanged(said("item_of_one")));
  if (subscriptionId !== null) {
    const billed = await subscriptionAndPlan(records, subscriptionId);
    if (isEnded(billed.subscription.status))
      throw new Refused(
        unchanged(said("item_no_next_invoice", { id: subscriptionId, status: billed.subscription.status })),
      );
    const { cancelAt, nextBillingAt } = billed.subscription;
    if ((cancelAt !== null || nextBillingAt === null) && !now)
      throw new Refused(unchanged(said("item_ends_with_period", { id: subscriptionId })));
    return { customerId: billed.subscription.customerId, billed };
  }
  if ((await records.customer(customerId!)) === null)
    throw new NotFound(unchanged(said("no_customer", { id: customerId! })), {
      mend: { do: "add_customer", customerId: customerId! },
    });
  if (!now) return { customerId: customerId!, billed: null };
  const live = (await records.subscriptions({ customerIds: [customerId!] })).filter(({ status }) => !isEnded(status));
  const [only] = live;
  if (only === undefined || live.length > 1)
    throw new Refused(unchanged(said("item_needs_subscription", { id: customerId!, count: live.length })));
  return { customerId: customerId!, billed: await subscriptionAndPlan(records, only.id) };
}

function mustFit(item: Item, { subscription, plan }: Billed, now: Date): void {
  const lines = subscription.lineItems ?? linesAt(plan, now, subscription.timeZone);
  if (!ridesOn(item, { currency: plan.currency, lineItems: lines, tax: plan.tax ?? null }))
    throw new Refused(unchanged(said("item_no_tax_beside", { id: subscription.id })));
  if (item.tax === null) return;
  const fault = taxFaultOf([{ tax: item.tax }], plan.tax ?? null, localDateTextOf(now, subscription.timeZone));
  if (fault !== null) throw new UsageInvalid(unchanged(said("item_tax", { why: taxFaultSaid(fault) })));
}

async function chargeOnce(
  records: Records,
  item: Item,
  { subscription, plan }: Billed,
  now: Date,
  random: Random,
): Promise<string> {
  const waiting = await records.waitingFor(subscription, plan.currency);
  if (item.amountCents < waiting.leastCents)
    throw new Refused(
      unchanged(said("item_too_small", { leastCents: waiting.leastCents, amountCents: item.amountCents })),
    );
  const due = { ...subscription, plan, waiting };
  const opening = openOnce(due, { key: `item:${item.key}`, items: [item], now }, (at) => random.newId("inv", at));
  records.addInvoice(opening.invoice);
  await records.use(opening.uses);
  for (const event of opening.events) records.record(event);
  records.refresh(subscription.id);
  return opening.invoice.id;
}
