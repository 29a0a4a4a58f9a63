/** The words of the domain are those that the tables take: a word of which one of them knows nothing would fail in the field. */
import path from "node:path";
import { expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { AFTER_CANCEL, ATTEMPT_STATES, CARD_KINDS, PAYMENT_METHODS } from "../../src/domain/attempt.ts";
import { BALANCE_KINDS } from "../../src/domain/balance.ts";
import { INTERVALS } from "../../src/domain/calendar/calendar.ts";
import { CATCH_UPS } from "../../src/domain/calendar/catch-up.ts";
import { CFDI_STATUSES } from "../../src/domain/cfdi/cfdi.ts";
import { PAYMENT_FORMS } from "../../src/domain/cfdi/payment-form.ts";
import { CONSENT_CHANNELS } from "../../src/domain/consent.ts";
import { DECLINE_CLASSES } from "../../src/domain/decline.ts";
import { DELIVERY_STATES } from "../../src/domain/delivery.ts";
import { DISPUTE_OUTCOMES } from "../../src/domain/dispute.ts";
import { DUNNING_STEPS } from "../../src/domain/dunning/dunning.ts";
import { GUARD_RESULTS } from "../../src/domain/guard-probe.ts";
import { HALT_KINDS } from "../../src/domain/halt.ts";
import { INVOICE_STATUSES, STATUS_REASONS } from "../../src/domain/invoice.ts";
import { LANGUAGES } from "../../src/domain/language.ts";
import { LINK_ENDS } from "../../src/domain/payment-link.ts";
import { EXPIRY_COUNTS } from "../../src/domain/plan.ts";
import { APPLIES } from "../../src/domain/proration.ts";
import { REFUND_REASONS, REFUND_STATES } from "../../src/domain/refund.ts";
import { SUBSCRIPTION_STATUSES } from "../../src/domain/subscription.ts";
import { ATTEMPT_FLOWS } from "../../src/domain/ways-to-pay.ts";
import { WEBHOOK_STATES } from "../../src/domain/webhook-event.ts";
import { putNewDatabase, temporaryFolder } from "../support/new-database.ts";
import { wordsTaken } from "./rules.ts";

const WORDS: Readonly<Record<string, readonly string[]>> = {
  "attempt.after_cancel": AFTER_CANCEL,
  "attempt.card_kind": CARD_KINDS,
  "attempt.decline_class": DECLINE_CLASSES,
  "attempt.flow": ATTEMPT_FLOWS,
  "attempt.payment_method": PAYMENT_METHODS,
  "attempt.state": ATTEMPT_STATES,
  "balance_entry.kind": BALANCE_KINDS,
  "cfdi.status": CFDI_STATUSES,
  "consent.channel": CONSENT_CHANNELS,
  "customer.language": LANGUAGES,
  "dispute.outcome": DISPUTE_OUTCOMES,
  "event_delivery.state": DELIVERY_STATES,
  "guard_probe.sequential": GUARD_RESULTS,
  "halt.kind": HALT_KINDS,
  "invoice.dunning_class": DECLINE_CLASSES,
  "invoice.dunning_step": DUNNING_STEPS,
  "invoice.payment_form": PAYMENT_FORMS,
  "invoice.reopened_from": STATUS_REASONS,
  "invoice.status": INVOICE_STATUSES,
  "invoice.status_reason": STATUS_REASONS,
  "invoice.void_when_settled": STATUS_REASONS,
  "payment_link.cancel_because": LINK_ENDS,
  "plan.catch_up": CATCH_UPS,
  "plan.expiry_counts": EXPIRY_COUNTS,
  "plan.interval": INTERVALS,
  "refund.reason": REFUND_REASONS,
  "refund.state": REFUND_STATES,
  "subscription.status": SUBSCRIPTION_STATUSES,
  "subscription_change.apply": APPLIES,
  "webhook_event.state": WEBHOOK_STATES,
};

test("each list of words of the domain is the one that its column takes", async () => {
  const file = path.join(temporaryFolder(), "books.db");
  await putNewDatabase(file);
  const database = new Database(file, { readonly: true });
  const tables = database.prepare("select name, sql from sqlite_master where type = 'table'").all() as readonly {
    readonly name: string;
    readonly sql: string;
  }[];
  database.close();
  const taken = tables.flatMap(({ name, sql }) =>
    wordsTaken(name, sql ?? "").map(({ column, words }) => ({ column: `${name}.${column}`, words })),
  );
  for (const [column, words] of Object.entries(WORDS)) {
    const [first] = taken.filter((each) => each.column === column);
    expect([column, first?.words.toSorted()]).toEqual([column, words.toSorted()]);
  }
});
