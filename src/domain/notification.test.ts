import { describe, expect, test } from "@jest/globals";
import { EVENT_TYPES } from "./event-types.ts";
import { isNotified, NOTIFIED_TYPES } from "./notification.ts";

/** Every recorded type is told, or stands here with the reason why not. */
const UNTOLD: readonly (readonly [string, string])[] = [
  ["invoice.retry_requested", "a person asked for a try; what comes of it is told"],
  ["invoice.postponed", "its charge waits for a day; what comes of it is told"],
  ["invoice.payment_link_requested", "there is no link yet"],
  ["invoice.payment_link_closing", "it may still be paid; how it ends is told"],
  ["invoice.payment_link_cancel_requested", "it may still be paid; how it ends is told"],
  ["invoice.refund_refused", "the person who asked for it was told"],
  ["invoice.refund_not_sent", "the person who asked for it was told"],
  ["invoice.refund_unknown", "the person who asked for it was told"],
  ["attempt.declined", "of an invoice that is settled otherwise"],
  ["attempt.refused", "of an invoice that is settled otherwise"],
  ["attempt.pending", "nothing is decided"],
  ["attempt.inquiry_made", "that it is unknown was told, and still is so"],
  ["attempt.not_sent", "nothing happened; it is tried again"],
  ["attempt.released", "nothing happened; it is tried again"],
  ["attempt.resolved", "what follows from a person's word is told of the invoice"],
  ["attempt.imported", "what the order shows is told of the invoice"],
  ["subscription.changed", "the merchant's own setting"],
  ["plan.created", "the merchant's own setting"],
  ["plan.changed", "the merchant's own setting"],
  ["plan.archived", "the merchant's own setting"],
  ["plan.unarchived", "the merchant's own setting"],
  ["customer.created", "the merchant's own doing"],
  ["customer.updated", "the merchant's own doing"],
  ["customer.deleted", "what fails because of it is told"],
  ["coupon.created", "the merchant's own setting"],
  ["coupon.archived", "the merchant's own setting"],
  ["customer.tax_data_changed", "the merchant's own doing"],
  ["customer.profile_changed", "the merchant's own doing"],
  ["invoice.late_payment_kept", "a person's own decision"],
  ["invoice.cfdi_noted", "the accountant's word, given by the merchant"],
  ["card.added", "charged only once it is the default"],
  ["card.removed", "the merchant's own doing"],
  ["charging.halted", "the state of the program: /readyz, metrics and the heartbeat show it"],
  ["charging.resumed", "the state of the program"],
  ["order.set_aside", "a person's own decision"],
  ["subscription.consent_recorded", "the merchant's own doing"],
];

describe("what is sent", () => {
  test("and what is not, is decided for every type that is recorded", () => {
    const decided = [...NOTIFIED_TYPES, ...UNTOLD.map(([type]) => type)];
    expect(decided.toSorted()).toEqual([...EVENT_TYPES].toSorted());
  });

  test.each(UNTOLD)("is not %s: %s", (type) => {
    expect(isNotified(type)).toBe(false);
  });

  test("is nothing by the name of something every object has", () => {
    expect(isNotified("constructor")).toBe(false);
  });
});
