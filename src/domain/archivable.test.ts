/** What may be archived, and what of an old invoice is still needed. */
import { expect, test } from "@jest/globals";
import { isArchivable, type OldAttempt, type OldEvent, type OldInvoice, type OldLink } from "./archivable.ts";

const at = (year: number): Date => new Date(Date.UTC(year, 5, 1));
const BEFORE = at(2024);
const ATTEMPT: OldAttempt = {
  ...{ state: "paid", settledAt: at(2022), afterCancel: null, declineClass: null },
  ...{ isCleared: false, isDenied: false, isUnreadable: false },
};
const LINK: OldLink = { expiresAt: at(2022), recheckAt: null, keepCardAt: null };
const EVENT: OldEvent = { at: at(2022), isLast: false, isUntold: false };
const OLD: OldInvoice = {
  ...{ status: "paid", cycle: 3, openedAt: at(2022), periodEnd: at(2023), paidAt: at(2022) },
  ...{ lastCycle: 9, lastPaidAt: at(2025), countsCharges: false },
  ...{ isDisputed: false, hasItems: false, movedBalance: false },
  ...{ attempts: [ATTEMPT], refunds: [{ settledAt: at(2023) }], links: [LINK], events: [EVENT] },
};
const VOID = { status: "void", paidAt: null, attempts: [] } as const;
const DECLINED = { ...ATTEMPT, state: "declined", declineClass: "never_again" } as const;

// prettier-ignore
test.each<[change: Partial<OldInvoice>, isArchivable: boolean, because: string]>([
  [{}, true, "it is paid, and nothing asks for it"],
  [VOID, true, "it is void, and nothing asks for it"],
  [{ status: "open", paidAt: null }, false, "it is collected"],
  [{ status: "held", paidAt: null }, false, "a person decides"],
  [{ status: "uncollectible", paidAt: null }, false, "it may still be collected"],
  [{ cycle: null }, false, "its key keeps it from being charged twice"],
  [{ openedAt: BEFORE }, false, "it was opened on the day"],
  [{ periodEnd: BEFORE }, true, "its period ends on the day"],
  [{ periodEnd: at(2025) }, false, "its period goes on"],
  [{ paidAt: BEFORE }, false, "it was paid on the day"],
  [{ lastCycle: 3 }, false, "it says where its subscription goes on"],
  [{ lastPaidAt: at(2022) }, false, "it is the last payment"],
  [{ ...VOID, lastPaidAt: null }, true, "a void one is no payment"],
  [{ countsCharges: true }, true, "what is paid is counted by its cycle"],
  [{ ...VOID, countsCharges: true }, false, "void cycles of a plan with a number of charges are counted"],
  [{ isDisputed: true }, false, "the bank was asked for its money"],
  [{ hasItems: true }, false, "the keys of its items keep them from being charged twice"],
  [{ movedBalance: true }, false, "so do those of entries of the balance"],
  [{ attempts: [] }, true, "it was free"],
  [{ attempts: [ATTEMPT, { ...ATTEMPT, state: "unknown", settledAt: null }] }, false, "nobody knows what became of a try"],
  [{ attempts: [ATTEMPT, { ...ATTEMPT, state: "paid_again" }] }, false, "a second payment is to be given back"],
  [{ attempts: [{ ...ATTEMPT, afterCancel: "asked" }] }, false, "a person is asked whether the money stays"],
  [{ attempts: [{ ...ATTEMPT, afterCancel: "kept" }] }, true, "a person said that it stays"],
  [{ attempts: [{ ...ATTEMPT, settledAt: BEFORE }] }, false, "it was settled on the day"],
  [{ attempts: [DECLINED, ATTEMPT] }, false, "a card must never be charged again"],
  [{ attempts: [{ ...DECLINED, isCleared: true }, ATTEMPT] }, true, "the card may be tried again"],
  [{ attempts: [{ ...ATTEMPT, isDenied: true }] }, false, "a person said that it was none"],
  [{ attempts: [{ ...ATTEMPT, isUnreadable: true }] }, false, "its order is asked for again"],
  [{ refunds: [{ settledAt: null }] }, false, "money is going back"],
  [{ refunds: [{ settledAt: BEFORE }] }, false, "money went back on the day"],
  [{ refunds: [{ settledAt: at(2023) }, { settledAt: null }] }, false, "one of two is going back still"],
  [{ refunds: [], links: [], events: [] }, true, "nothing ever happened to it"],
  [{ paidAt: null }, false, "nobody knows when it was paid"],
  [{ lastPaidAt: null }, false, "no other payment is known to be later"],
  [{ links: [{ ...LINK, expiresAt: BEFORE }] }, false, "its page was open until the day"],
  [{ links: [{ ...LINK, recheckAt: at(2022) }] }, false, "its page is read once more"],
  [{ links: [{ ...LINK, keepCardAt: at(2022) }] }, false, "its card is yet to be kept"],
  [{ links: [LINK, { ...LINK, recheckAt: at(2022) }] }, false, "one of two pages is read once more"],
  [{ events: [EVENT, { ...EVENT, at: BEFORE }] }, false, "something happened to it on the day"],
  [{ events: [{ ...EVENT, isLast: true }] }, false, "the number of the next event is one more"],
  [{ events: [{ ...EVENT, isUntold: true }] }, false, "it is yet to be told"],
])("an old invoice with %j: %p (%s)", (change, expected) => {
  expect(isArchivable({ ...OLD, ...change }, BEFORE)).toBe(expected);
});
