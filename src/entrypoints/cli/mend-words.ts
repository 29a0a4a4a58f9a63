/** What a person can do about a failure, as the commands of this program: one row for each act. */
import type { Mend } from "../../domain/errors.ts";

/** @returns the end of a sentence that begins with what went wrong */
export function mendWords(mend: Mend): string {
  switch (mend.do) {
    case "list":
      return mend.what === "unknown"
        ? "`puntual unknown list` shows those that are unknown"
        : `\`puntual ${mend.what} list\` shows all`;
    case "list_invoices_of":
      return `see: puntual invoices list --subscription ${mend.subscriptionId}`;
    case "show_invoice":
      return `see: puntual invoices show ${mend.invoiceId}`;
    case "show_attempt":
      return `see what changed with: puntual unknown show ${mend.attemptId}`;
    case "add_customer":
      return `add it with \`puntual customers add --id ${mend.customerId}\``;
    case "choose_default_card":
      return `puntual cards default ${mend.customerId} src_…`;
    case "cancel_link":
      return `puntual invoices cancel-link ${mend.invoiceId}`;
    case "make_database":
      return "a new installation makes it with: puntual migrate";
    case "migrate":
      return "do it with: puntual migrate";
    default:
      return mend satisfies never;
  }
}
