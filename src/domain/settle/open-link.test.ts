import { expect, test } from "@jest/globals";
import type { AttemptState } from "../attempt.ts";
import { OUT_OF_DUNNING, type Invoice } from "../invoice.ts";
import type { InvoiceBefore } from "../invoice-transition.ts";
import { openLink } from "./open-link.ts";

const NOW = new Date("2026-01-31T15:00:00Z");
const OPEN: InvoiceBefore & Pick<Invoice, "voidWhenSettled"> = {
  ...{ id: "inv_1", status: "open", statusReason: null, nextAttemptAt: null, declines: 1, faults: 0 },
  ...{ firstDeclinedAt: null, retryRequestedAt: null, voidWhenSettled: null, ...OUT_OF_DUNNING },
};
const DUE = { dunningStep: "payment_link", dunningClass: "retry_later", dunningDueAt: NOW } as const;
const LATER = { ...DUE, dunningDueAt: new Date(NOW.getTime() + 1) };
const HELD = { status: "held", statusReason: "refused" } as const;

test.each<[string, Partial<typeof OPEN>, AttemptState[], AttemptState[], boolean, string]>([
  // by, invoice, its tries, the customer's, made?, because
  ["dunning", DUE, ["declined"], [], true, "dunning's turn has come"],
  ["dunning", LATER, [], [], false, "not yet"],
  ["dunning", {}, [], [], false, "another card came in between"],
  ["dunning", { ...DUE, dunningStep: "grace" }, [], [], false, "what is due is the end of a grace"],
  ["dunning", { ...DUE, dunningDueAt: null }, [], [], false, "it was made already"],
  ["dunning", { ...DUE, ...HELD }, [], [], false, "held meanwhile: a person decides"],
  ["dunning", HELD, [], [], false, "a person decides"],
  ["maria", {}, [], [], true, "a person may at any time"],
  ["maria", HELD, [], [], true, "whatever it was held for"],
  ["maria", { status: "uncollectible", statusReason: "no_new_card" }, [], [], true, "it is owed still"],
  ["maria", { status: "void", statusReason: "canceled" }, [], [], false, "nothing is owed"],
  ["maria", { voidWhenSettled: "canceled" }, [], [], false, "it is about to be void"],
  ["maria", {}, ["unknown"], [], false, "a charge may still move money"],
  ["maria", {}, ["paid"], [], false, "it was paid, whatever the invoice says"],
  ["maria", {}, ["declined", "lapsed"], ["declined"], true, "what is over is not in the way"],
  ["maria", {}, [], ["sending"], false, "one thing of a customer at a time"],
])("a link by %s, %j after %j beside %j: %p (%s)", (by, change, tries, triesOfCustomer, isMade) => {
  const after = openLink({ invoice: { ...OPEN, ...change }, tries, triesOfCustomer, hasOpenPage: false }, by, NOW);
  const made: unknown = expect.objectContaining({
    status: "open",
    statusReason: null,
    dunningStep: "payment_link",
    dunningDueAt: null,
  });
  expect(after).toEqual(isMade ? made : null);
});

test("dunning gives one page of a subscription at a time; a person gives whatever is asked for", () => {
  const facts = { tries: [], triesOfCustomer: [], hasOpenPage: true };
  expect(openLink({ invoice: { ...OPEN, ...DUE }, ...facts }, "dunning", NOW)).toBeNull();
  expect(openLink({ invoice: OPEN, ...facts }, "maria", NOW)).not.toBeNull();
});

test.each<[Partial<typeof OPEN>, reopenedFrom: string | null, because: string]>([
  [{}, null, "it was owed all the time"],
  [HELD, "refused", "it is held again when nobody pays"],
  [{ status: "uncollectible", statusReason: "no_new_card" }, "no_new_card", "it stays written off when nobody pays"],
  [{ reopenedFrom: "no_new_card" }, "no_new_card", "a second page of it: what it was before the first"],
  [{ ...HELD, reopenedFrom: "no_new_card" }, "no_new_card", "the same, held in between"],
])("a person's page of %j lets it go back to %p (%s)", (change, reopenedFrom, _because) => {
  const facts = { tries: [], triesOfCustomer: [], hasOpenPage: false };
  expect(openLink({ invoice: { ...OPEN, ...change }, ...facts }, "maria", NOW)).toMatchObject({ reopenedFrom });
});

test.each<[dunningClass: "retry_later" | null, kept: string, because: string]>([
  ["retry_later", "retry_later", "why it failed is kept"],
  [null, "new_card", "what did not fail waits for a card"],
])("a page of what failed for %p is in dunning for %p (%s)", (dunningClass, kept, _because) => {
  const facts = { tries: [], triesOfCustomer: [], hasOpenPage: false };
  expect(openLink({ invoice: { ...OPEN, dunningClass }, ...facts }, "maria", NOW)).toMatchObject({
    dunningClass: kept,
  });
});
