/** I6 for what goes back: nothing went back that the books do not count, and nothing is booked that did not go back. */
import type { RefundRecords } from "../../../src/application/ports/refunds.ts";
import { refundedCents, type Ledger } from "../ledger.ts";
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
    return new Map(
      ledger.charges
        .filter((charge) => charge.refunds.length > 0)
        .map((charge) => {
          if (refundedCents(charge) > charge.amountCents) report("I6", `${charge.id} gave back more than was paid`);
          return [charge.orderId, refundedCents(charge)] as const;
        }),
    );
  }

  return {
    checkAll: async () => {
      const gone = givenBack();
      const rows = await refunds.list({ states: ["requested", "done", "unknown"] });
      const counted = Map.groupBy(rows, (row) => row.orderId);
      for (const [orderId, cents] of gone) {
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
