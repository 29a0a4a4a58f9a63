/** What has a document of its own: an export names it, and its stamp is taken back. Pure. */
import type { AttemptState } from "../attempt.ts";
import type { InvoiceStatus } from "../invoice.ts";
import { hasGoneBack, isIncome, type RefundState } from "../refund.ts";

export type CfdiSubject =
  | {
      readonly kind: "invoice";
      readonly status: InvoiceStatus;
      /** By card, cash or transfer, and from the balance. */
      readonly totalCents: number;
    }
  | { readonly kind: "refund"; readonly state: RefundState; /** Of the payment. */ readonly paidState: AttemptState }
  /** What a change of plan gave to the balance. */
  | { readonly kind: "credit"; readonly grantedCents: number; readonly isUndone: boolean };

export function hasDocument(subject: CfdiSubject): boolean {
  switch (subject.kind) {
    case "invoice":
      return subject.status === "paid" && subject.totalCents > 0;
    case "refund":
      // A second payment was no income: what goes back of it has no document to relate to.
      return hasGoneBack(subject.state) && isIncome(subject.paidState);
    case "credit":
      return subject.grantedCents > 0 && !subject.isUndone;
    default:
      return subject satisfies never;
  }
}
