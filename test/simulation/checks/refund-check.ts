/** I6 for what goes back: nothing went back that the books do not count, and nothing is booked that did not go back. */
import type { RefundRecords } from "../../../src/application/ports/refunds.ts";
import { refundedCents, refundedInPanelCents, type Ledger } from "../ledger.ts";
import type { Report } from "./violation.ts";

export type RefundCheck = {
  /** Once every refund whose answer was lost has been looked up. */
  checkAll(): Promise<void>;
  /** A backup was put back: refunds made since are in the ledger alone. */
  forget(): void;
};

export function refundCheck(ledger: Ledger, refunds: RefundRecords, report: Report): RefundCheck {
  /** By order, in cents. */
  const lost = new Map<string, number>();

  function givenBack(): Map<string, number> {
    const given = new Map<string, number>();
    for (const charge of [...ledger.charges, ...ledger.panelCharges]) {
      const cents = refundedCents(charge);
      if (cents > charge.amountCents) report("I6", `${charge.id} gave back more than was paid`);
      if (cents > 0) given.set(charge.orderId, (given.get(charge.orderId) ?? 0) + cents);
    }
    return given;
  }

  return {
    checkAll: async () => {
      const gone = givenBack();
      const rows = await refunds.list({ states: ["requested", "done", "unknown"] });
      const counted = Map.groupBy(rows, (row) => row.orderId);
      const inPanel = new Map<string, number>();
      for (const charge of ledger.charges)
        inPanel.set(charge.orderId, (inPanel.get(charge.orderId) ?? 0) + refundedInPanelCents(charge));
      for (const [orderId, all] of gone) {
        // What a person gave back in the panel no books need to know.
        const cents = all - (inPanel.get(orderId) ?? 0);
        const booked = sumOf(counted.get(orderId) ?? []);
        if (booked + (lost.get(orderId) ?? 0) < cents)
          report("I6", `${cents} cents of ${orderId} went back, and the books count ${booked}`);
      }
      for (const [orderId, booked] of counted) {
        const doneCents = sumOf(booked.filter((row) => row.state === "done"));
        if (doneCents > (gone.get(orderId) ?? 0))
          report(
            "I6",
            `the books say that ${doneCents} cents of ${orderId} went back; it was ${gone.get(orderId) ?? 0}`,
          );
      }
    },
    forget: () => {
      for (const [orderId, cents] of givenBack()) lost.set(orderId, cents);
    },
  };
}

function sumOf(rows: readonly { readonly amountCents: number }[]): number {
  return rows.reduce((sum, row) => sum + row.amountCents, 0);
}
