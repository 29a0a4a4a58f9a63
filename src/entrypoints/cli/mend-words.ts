/** What a person can do about a failure, as the commands of this program: one row for each act. */
import type { Installation } from "../../application/ports/installation.ts";
import { type BillingError, InputFaulty, type Mend } from "../../domain/errors.ts";
import { inEnglish } from "../../domain/refusals.ts";
import { LIFTED_BY_A_PERSON } from "../../domain/halt.ts";

/** @returns the end of a sentence that begins with what went wrong */
function mendWords(mend: Mend): string {
  switch (mend.do) {
    case "list":
      return mend.what === "unknown"
        ? "`npx puntual unknown list` shows those that are unknown"
        : `\`npx puntual ${mend.what} list\` shows all`;
    case "list_invoices_of":
      return `see: npx puntual invoices list --subscription ${mend.subscriptionId}`;
    case "show_invoice":
      return `see: npx puntual invoices show ${mend.invoiceId}`;
    case "show_attempt":
      return `see what changed with: npx puntual unknown show ${mend.attemptId}`;
    case "add_customer":
      return `add it with \`npx puntual customers add --id ${mend.customerId}\``;
    case "choose_default_card":
      return `npx puntual cards default ${mend.customerId} src_…`;
    case "undo_change":
      return `take the change back: npx puntual subscriptions change ${mend.subscriptionId} --undo`;
    case "preview_change":
      return `look at a new preview: ${previewCommand(mend)}`;
    case "cancel_link":
      return `npx puntual invoices cancel-link ${mend.invoiceId}`;
    case "make_database":
      return "a new installation makes it with: npx puntual migrate";
    case "migrate":
      return "do it with: npx puntual migrate";
    case "add_card":
      return `add one with: npx puntual cards add ${mend.customerId} --token tok_…`;
    case "allow_card":
      return `npx puntual cards allow ${mend.paymentSourceId} --reason "why the bank allows it"`;
    case "keep_subscription":
      return (
        `keep the id ${mend.subscriptionId}` +
        (mend.startLocal === null
          ? ""
          : `; or end that one (npx puntual subscriptions cancel ${mend.subscriptionId}), and write start: ${mend.startLocal}`)
      );
    case "start_at":
      return `write start: ${mend.startLocal}`;
    case "use_customer":
      return `take that one; another card of theirs is added with: npx puntual cards add ${mend.customerId} --token tok_…`;
    case "sweep":
      return "then take into it what it lacks: npx puntual reconcile --since";
    case "sweep_since":
      return `take what is missing into them, then charging goes on: npx puntual reconcile --since ${mend.since.toISOString()}`;
    case "go":
      return "let it go on with: npx puntual go";
    default:
      return mend satisfies never;
  }
}

function previewCommand(mend: Extract<Mend, { do: "preview_change" }>): string {
  const { subscriptionId, planId, quantity, apply, on } = mend;
  const options = Object.entries({ plan: planId, quantity, apply, on });
  const given = options.flatMap(([name, value]) => (value === null ? [] : [` --${name} ${value}`])).join("");
  return `npx puntual subscriptions change ${subscriptionId}${given} --dry-run`;
}

/** All that a person must read of a failure. */
export function failureWords(error: BillingError): string {
  if (!(error instanceof InputFaulty)) return withMend(error.message, error.mend);
  const faults = error.faults.map(({ where, what, mend }) => `  ${where}: ${withMend(inEnglish(what), mend ?? null)}`);
  return [`${inEnglish(error.subject)}:`, ...faults].join("\n");
}

/** Why charging is halted, and what lifts the halt; null: it is not. */
export function haltWords({ haltReason, haltKind, haltReconcileSince }: Halted): string | null {
  if (haltReason === null || haltKind === null) return null;
  if (haltReconcileSince !== null) return withMend(haltReason, { do: "sweep_since", since: haltReconcileSince });
  return withMend(haltReason, LIFTED_BY_A_PERSON.includes(haltKind) ? { do: "go" } : null);
}

type Halted = Pick<Installation, "haltReason" | "haltKind" | "haltReconcileSince">;

function withMend(text: string, mend: Mend | null): string {
  return mend === null ? text : `${text}; ${mendWords(mend)}`;
}
