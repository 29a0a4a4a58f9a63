/** What went back, beside what it went back from. */
import { formatMoney } from "../../domain/money.ts";

/** "paid, $5.00 MXN refunded" */
export function withRefund(
  word: string,
  { refundedCents, currency }: { readonly refundedCents: number; readonly currency: string },
): string {
  return refundedCents === 0 ? word : `${word}, ${formatMoney(refundedCents, currency)} refunded`;
}
