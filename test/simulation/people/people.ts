/** What people do to a subscription or an invoice, at any moment: the real commands, on books that a daemon is using. */
import { applyPlans } from "../../../src/application/plans/apply-plans.ts";
import { cancelSubscription } from "../../../src/application/subscriptions/cancel-subscription.ts";
import { markInvoicePaid, retryInvoice, voidInvoice } from "../../../src/application/invoices/change-invoice.ts";
import { pauseSubscription, resumeSubscription } from "../../../src/application/subscriptions/pause-subscription.ts";
import { skipCycle } from "../../../src/application/subscriptions/skip-cycle.ts";
import type { EnrolmentRecords } from "../../../src/application/ports/enrolment.ts";
import { NotFound } from "../../../src/domain/errors.ts";
import { isTakenOnTrust } from "../../../src/domain/plan.ts";
import type { Chance } from "../chance.ts";
import type { Checkers } from "../checks/checkers.ts";
import { DUNNING, plansInput, type Merchant } from "../merchant.ts";
import { cancelLinkAsPerson, changeCardsAsPerson, linkAsPerson } from "./people-cards.ts";
import {
  refundAsPerson,
  panelAct,
  refundSecondAsPerson,
  resolveAsPerson,
  settleRefundsAsPerson,
  type Truth,
} from "./people-money.ts";
import type { PersonNeeds } from "./person-needs.ts";

export const ACTS = {
  pause: 4,
  resume: 6,
  skip: 4,
  cancel_at_end: 1,
  cancel_now: 1,
  retry: 8,
  void: 2,
  mark_paid: 2,
  change_price: 3,
  sign: 3,
  refund: 4,
  settle_refunds: 2,
  resolve: 8,
  cards: 6,
  link: 4,
  cancel_link: 3,
  refund_second: 4,
  panel: 3,
  edit_plans: 3,
} as const;
export type Act = keyof typeof ACTS;

/**
 * @param onChosen told what the command is about before it begins
 * @returns what it answers
 * @throws {BillingError} the command refused; people see that every day
 */
export async function actAsPerson(
  needs: PersonNeeds,
  act: Act,
  { chance, merchant, checkers, truth }: { chance: Chance; merchant: Merchant; checkers: Checkers; truth: Truth },
  onChosen: (subscriptionId: string, invoiceId: string) => void = () => {},
): Promise<unknown> {
  const { id: subscriptionId } = chance.pick(merchant.subscriptions);
  // Rather an invoice on which something is left to be done.
  const unsettled = [...checkers.invoices.values()].filter(({ status }) => status !== "paid" && status !== "void");
  const invoiceId = (unsettled.length > 0 ? chance.pick(unsettled) : [...checkers.invoices.values()][0])?.id ?? "inv_0";
  onChosen(subscriptionId, invoiceId);
  switch (act) {
    case "pause":
      return await pauseSubscription(needs, subscriptionId);
    case "resume":
      return await resumeSubscription(needs, subscriptionId);
    case "skip":
      return await skipCycle(needs, subscriptionId);
    case "cancel_at_end":
      if (chance.happens(0.3)) return await pruneFromFile(needs, merchant, subscriptionId);
      return await cancelSubscription(needs, subscriptionId, { atOnce: false });
    case "cancel_now":
      return await cancelSubscription(needs, subscriptionId, { atOnce: true });
    case "retry":
      truth.touched.add(invoiceId);
      return await retryInvoice(needs, invoiceId);
    case "void":
      return await voidInvoice(needs, invoiceId, "simulated");
    case "mark_paid":
      return await markInvoicePaid(needs, invoiceId, { why: "cash", paidAt: needs.clock.now() });
    case "change_price":
      return await changePrice(needs, chance, merchant);
    case "sign": {
      const order = merchant.later.pop();
      if (order === undefined) return null;
      // Signed today, and due from today on.
      merchant.subscriptions.push({ ...order, startLocal: needs.clock.now().toISOString().slice(0, 16) });
      return await apply(needs, merchant);
    }
    case "refund":
      return await refundAsPerson(needs, chance, checkers);
    case "settle_refunds":
      return await settleRefundsAsPerson(needs);
    case "resolve":
      return await resolveAsPerson(needs, chance, checkers, truth);
    case "cards":
      return await changeCardsAsPerson(needs, chance, chance.pick(merchant.customers).id);
    case "link":
      truth.touched.add(invoiceId);
      return await linkAsPerson(needs, chance, invoiceId);
    case "cancel_link":
      return await cancelLinkAsPerson(needs, chance, checkers);
    case "refund_second":
      return await refundSecondAsPerson(needs, chance, checkers);
    case "panel":
      return panelAct(truth, chance);
    case "edit_plans":
      return await editPlans(needs, chance, merchant, checkers);
    default:
      return act satisfies never;
  }
}

/**
 * The file as people edit it by mistake: another start, zone, plan or customer of a subscription that has invoices. Its past
 * is never rewritten, so the whole file is refused.
 * @returns what was accepted, and must not have been; null: nothing
 */
async function editPlans(
  needs: PersonNeeds,
  chance: Chance,
  merchant: Merchant,
  checkers: Checkers,
): Promise<string | null> {
  const begun = merchant.subscriptions.filter(({ id }) => (checkers.cycles.get(id)?.size ?? 0) > 0);
  if (begun.length === 0) return null;
  const order = chance.pick(begun);
  const edited = chance.pick([
    { ...order, startLocal: `2031-03-01${order.startLocal.slice(10)}` },
    { ...order, timeZone: order.timeZone === "UTC" ? "Asia/Tokyo" : "UTC" },
    { ...order, planId: chance.pick(merchant.plans).id },
    { ...order, customerId: chance.pick(merchant.customers).id },
  ]);
  if (chance.happens(0.3)) return await renameByMistake(needs, merchant, order);
  const isSame = edited.planId === order.planId && edited.customerId === order.customerId;
  if (isSame && edited.startLocal === order.startLocal && edited.timeZone === order.timeZone) return null;
  // What was skipped, and is no more, has left no past since the books were last looked at.
  if ((await needs.store.list("invoices", { where: { subscriptionId: order.id } })).length === 0) return null;
  const subscriptions = merchant.subscriptions.map((each) => (each === order ? edited : each));
  await apply(needs, { ...merchant, subscriptions });
  // One that has ended is left as it is, whatever the file says.
  const [row] = await needs.store.list("subscriptions", { where: { subscriptionId: order.id } });
  if (row === undefined || row.status === "canceled" || row.status === "completed") return null;
  return `${order.id} was made ${JSON.stringify(edited)}`;
}

/**
 * The same customer's line under another id, and no word that this is meant: a second subscription of them is refused.
 * @returns what was accepted, and must not have been; null: nothing
 */
async function renameByMistake(
  needs: PersonNeeds,
  merchant: Merchant,
  order: Merchant["subscriptions"][number],
): Promise<string | null> {
  const [row] = await needs.store.list("subscriptions", { where: { subscriptionId: order.id } });
  if (row === undefined || row.status === "canceled" || row.status === "completed" || row.cancelAt !== null)
    return null;
  const renamed = { ...order, id: `${order.id}_again` };
  const subscriptions = merchant.subscriptions.map((each) => (each === order ? renamed : each));
  await apply(needs, { ...merchant, subscriptions }, { confirmed: false });
  return `${order.id} was signed again as ${renamed.id}`;
}

/**
 * Its line is taken out of the file, which is applied with `--prune`: that cancels it.
 * @returns when it ends
 * @throws {NotFound} it was never taken into the books: nothing is cancelled
 */
async function pruneFromFile(
  needs: PersonNeeds,
  merchant: Merchant,
  subscriptionId: string,
): Promise<{ readonly endsAt: Date } | null> {
  const subscriptions = merchant.subscriptions.filter(({ id }) => id !== subscriptionId);
  await apply(needs, { ...merchant, subscriptions }, { prune: true });
  const [row] = await needs.store.list("subscriptions", { where: { subscriptionId } });
  if (row === undefined) throw new NotFound(`there is no subscription ${subscriptionId}`);
  return row.cancelAt === null ? null : { endsAt: new Date(row.cancelAt) };
}

async function changePrice(needs: PersonNeeds, chance: Chance, merchant: Merchant): Promise<void> {
  const index = chance.between(0, merchant.plans.length - 1);
  const plan = merchant.plans[index];
  if (plan === undefined) return;
  const lineItems = plan.lineItems.map((line) => ({ ...line, unitPriceCents: chance.between(300, 300_000) }));
  merchant.plans[index] = { ...plan, lineItems };
  await apply(needs, merchant);
}

/** As much of it as a file asks for that goes through in one transaction. */
function enrolmentOn(store: PersonNeeds["store"]): EnrolmentRecords {
  const asked: Pick<EnrolmentRecords, "knownCustomers"> = {
    knownCustomers: async () =>
      new Map(
        (await store.list("customers", {})).map(({ customerId: id, name }) => [
          id,
          { isTrusted: isTakenOnTrust({ id, name }) },
        ]),
      ),
  };
  return asked as EnrolmentRecords;
}

export async function apply(
  needs: Pick<PersonNeeds, "store" | "gateway" | "clock" | "random" | "log">,
  merchant: Merchant,
  { prune = false, confirmed = true }: { readonly prune?: boolean; readonly confirmed?: boolean } = {},
): Promise<void> {
  const { policies, budgets } = DUNNING;
  const limits = { maxCharges: null, maxAmountCents: null, maxChargesPerCustomerPerDay: Infinity };
  const foreseeing = { policies, budgets, limits };
  const store = { ...needs.store, enrolment: enrolmentOn(needs.store) };
  await applyPlans({ ...needs, store, foreseeing }, plansInput(merchant), {
    fileName: "plans.yaml",
    dryRun: false,
    prune,
    confirmed,
  });
}
