/** What a customer may owe once only: a cycle of a subscription, or what is charged once and is of none. */

type Debt = { readonly subscriptionId: string; readonly cycle: number | null; readonly invoiceId: string };

type OfCycle = { readonly id: string; readonly subscriptionId: string; readonly cycle: number };

export function cycleOf({ subscriptionId, cycle, invoiceId }: Debt): string {
  return `${subscriptionId}/${isOnce(cycle) ? invoiceId : cycle}`;
}

/** A backup that was put back gives a cycle another invoice: it is found by its cycle. */
export function isChargeOf(charge: Debt, { id, subscriptionId, cycle }: OfCycle): boolean {
  if (charge.subscriptionId !== subscriptionId) return false;
  return isOnce(charge.cycle) ? isOnce(cycle) && charge.invoiceId === id : charge.cycle === cycle;
}

/** By what an invoice is found among those of its subscription. */
export function placeOf({ cycle, id }: Pick<OfCycle, "cycle" | "id">): number | string {
  return isOnce(cycle) ? id : cycle;
}

function isOnce(cycle: number | null): cycle is null {
  return cycle === null || Number.isNaN(cycle);
}
