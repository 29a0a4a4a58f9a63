import { expect, test } from "@jest/globals";
import { OUT_OF_DUNNING } from "../invoice.ts";
import type { InvoiceBefore } from "../invoice-transition.ts";
import {
  hasUntriedCard,
  isOtherCard,
  mendsUnpaid,
  tryKnownCard,
  tryNewCard,
  type KnownCardFacts,
  type TriedCard,
} from "./new-card.ts";

const NOW = new Date("2026-01-31T15:00:00Z");
const CARD = { paymentSourceId: "src_new", cardLast4: "4242" };
const OPEN: InvoiceBefore = {
  ...{ id: "inv_1", status: "open", statusReason: null, nextAttemptAt: null, declines: 1, faults: 0 },
  ...{ firstDeclinedAt: NOW, retryRequestedAt: null, ...OUT_OF_DUNNING },
};
const TRIED: TriedCard = {
  ...{
    state: "declined",
    flow: "single",
    paymentSourceId: "src_old",
    cardLast4: "4444",
    isCleared: false,
    isClosing: false,
  },
};

test.each<[string, Partial<TriedCard>[], string | null, string]>([
  // step and class, tries, what is done, because
  ["wait_for_card new_card", [{}], "try", "it waited for this"],
  ["grace customer_action", [{}], "try", "whatever it failed for"],
  ["payment_link retry_later", [{}], "try", "the link is not made yet"],
  ["payment_link retry_later", [{ state: "pending", flow: "link" }], "close_link", "the link goes first"],
  ["retry retry_later", [{}], "try", "a card may mend it"],
  ["retry try_again_soon", [{}], null, "the bank's fault is not the card's"],
  ["retry new_card", [{}], "try", "so it may what a new card was asked for"],
  ["retry new_card", [{ state: "sending" }], null, "the charge under way is judged by the card of its end"],
  ["wait_for_card never_again", [{}], "try", "another card is not the stolen one"],
  ["wait_for_card new_card", [{ paymentSourceId: "src_new" }], null, "this card was tried"],
  ["wait_for_card new_card", [{ paymentSourceId: "src_new", state: "not_sent" }], "try", "it was not, in the end"],
  ["wait_for_card new_card", [{ paymentSourceId: null, cardLast4: "4242" }], null, "the gateway named it first"],
  ["wait_for_card new_card", [{ paymentSourceId: null, cardLast4: "4242", flow: "link" }], "try", "on a page, by hand"],
  ["wait_for_card new_card", [{ paymentSourceId: null, cardLast4: null }], "try", "nobody knows which it was"],
  [
    "payment_link retry_later",
    [{ state: "declined" }, { state: "pending", flow: "link" }, { state: "unknown" }],
    "close_link",
    "the first that is open counts",
  ],
  ["retry customer_action", [{}], null, "on its day; the bank was to be called"],
  ["retry unrecognized", [{}], null, "a code nobody knows is tried on its day"],
  ["wait_for_card new_card", [{ paymentSourceId: null, cardLast4: "4444" }], "try", "the gateway named another one"],
  ["none", [{}], null, "nothing failed"],
])("in %s after %j: %p (%s)", (words, tries, done) => {
  const [dunningStep, dunningClass] = words.split(" ");
  const inDunning = words === "none" ? {} : ({ dunningStep, dunningClass } as Partial<InvoiceBefore>);
  const decision = tryNewCard(
    { ...OPEN, ...inDunning },
    tries.map((each) => ({ ...TRIED, ...each })),
    CARD,
    NOW,
  );
  const tried = { status: "open", nextAttemptAt: NOW, dunningStep: "retry", dunningDueAt: null };
  const [change, none] = [expect.objectContaining(tried), null];
  expect(decision).toEqual(done === null ? none : { do: done, ...(done === "try" && { change }) });
});

test("what never failed, and was to have a person's page, is due again: a new card makes no failure of it", () => {
  const asked = { ...OPEN, firstDeclinedAt: null, dunningStep: "payment_link", dunningClass: "new_card" } as const;
  const decision = tryNewCard(asked, [{ ...TRIED, state: "not_sent", flow: "link" }], CARD, NOW);
  const change: unknown = expect.objectContaining({ status: "open", nextAttemptAt: NOW, ...OUT_OF_DUNNING });
  expect(decision).toEqual({ do: "try", change });
});

test("a card that is free again closes no person's page of what never failed: it is no news", () => {
  const asked = { ...OPEN, firstDeclinedAt: null, dunningStep: "payment_link", dunningClass: "new_card" } as const;
  expect(tryKnownCard(asked, [{ ...TRIED, state: "pending", flow: "link" }], KNOWN, NOW)).toBeNull();
});

test("what a person reopened is no wait for a card: it is paid, or what it was before", () => {
  const reopened = { ...OPEN, dunningStep: "payment_link", dunningClass: "new_card", reopenedFrom: "refused" } as const;
  expect(tryNewCard(reopened, [TRIED], CARD, NOW)).toBeNull();
  expect(tryNewCard({ ...reopened, reopenedFrom: null }, [TRIED], CARD, NOW)).not.toBeNull();
});

const KNOWN: KnownCardFacts = {
  card: { ...CARD, cardBrand: "visa", cardExpMonth: null, cardExpYear: null },
  ...{ isDeleted: false, neverAgain: [], toReplace: [], declines: [] },
};
const SIXTEEN = Array.from({ length: 17 }, (_, index) => ({ invoiceId: "inv_2", number: index + 1, sentAt: NOW }));

test.each<[string, Partial<TriedCard>[], Partial<KnownCardFacts>, string | null, string]>([
  // step and class, tries, what is known of the card, what is done, because
  ["wait_for_card new_card", [], {}, "try", "it failed its check, and the card is free since"],
  ["grace new_card", [{}], {}, "try", "tried with an older card only"],
  ["wait_for_card new_card", [], { toReplace: [CARD] }, null, "the other invoice still waits"],
  ["wait_for_card never_again", [], { neverAgain: [CARD] }, null, "banned is banned"],
  ["wait_for_card new_card", [], { isDeleted: true }, null, "there is nobody to charge"],
  [
    "wait_for_card new_card",
    [{}],
    { declines: SIXTEEN },
    null,
    "its network allows no try: it would fail again each day",
  ],
  ["wait_for_card new_card", [{ paymentSourceId: "src_new" }], {}, null, "it was tried"],
  [
    "wait_for_card new_card",
    [{ paymentSourceId: "src_new", isCleared: true }],
    {},
    null,
    "cleared for another invoice",
  ],
  ["retry new_card", [], {}, null, "it is tried on its day"],
  ["payment_link new_card", [{ state: "pending", flow: "link" }], {}, "close_link", "the link goes first"],
  ["payment_link new_card", [{ state: "pending", flow: "link", isClosing: true }], {}, null, "it is going"],
  ["wait_for_card new_card", [{ state: "lapsed", flow: "link", isClosing: true }], {}, "try", "it is gone"],
  ["wait_for_card new_card", [], { card: { ...KNOWN.card, paymentSourceId: null } }, null, "there is no card"],
  ["none", [], {}, null, "nothing failed"],
])("the known card, in %s after %j with %j: %p (%s)", (words, tries, facts, done) => {
  const [dunningStep, dunningClass] = words.split(" ");
  const inDunning = words === "none" ? {} : ({ dunningStep, dunningClass } as Partial<InvoiceBefore>);
  const tried = tries.map((each) => ({ ...TRIED, ...each }));
  expect(tryKnownCard({ ...OPEN, ...inDunning }, tried, { ...KNOWN, ...facts }, NOW)?.do ?? null).toBe(done);
});

test.each<[Partial<KnownCardFacts>, boolean, string]>([
  [{}, true, "it may pay, and was never tried"],
  [{ toReplace: [CARD] }, true, "that another invoice waits for another card forbids nothing at the end"],
  [{ declines: [{ invoiceId: "inv_2", number: 1, sentAt: NOW }] }, true, "declined for another invoice"],
  [{ declines: [{ invoiceId: "inv_1", number: 1, sentAt: NOW }] }, false, "declined for this one"],
  [{ neverAgain: [CARD] }, false, "forbidden is forbidden"],
  [{ isDeleted: true }, false, "there is nobody to charge"],
  [{ card: { ...KNOWN.card, paymentSourceId: null } }, false, "there is no card"],
  [{ card: { ...KNOWN.card, cardExpMonth: 12, cardExpYear: 2025 } }, false, "it has expired"],
])("before an invoice is given up, of a card with %j: is it to be tried? %p (%s)", (facts, isTried) => {
  expect(hasUntriedCard("inv_1", { ...KNOWN, ...facts }, NOW)).toBe(isTried);
});

test.each<[present: string | null, tries: readonly Partial<TriedCard>[], isOther: boolean, because: string]>([
  ["src_2", [], true, "never tried"],
  ["src_1", [], false, "it is the same"],
  [null, [], false, "there is none"],
  ["src_2", [{ paymentSourceId: "src_2" }], false, "it failed for this invoice before"],
  ["src_2", [{ paymentSourceId: null, cardLast4: "1111" }], false, "the gateway named it before we knew its id"],
  ["src_2", [{ paymentSourceId: "src_2", isCleared: true }], true, "it was renewed since"],
  ["src_2", [{ paymentSourceId: "src_2", state: "released" }], true, "nothing was sent"],
  [
    "src_2",
    [{ paymentSourceId: null, cardLast4: "1111", flow: "link" }],
    true,
    "on a page: by a card that may be another's",
  ],
])("after a charge of src_1 the default card %p, with tries %j, is another one: %p (%s)", (present, tries, isOther) => {
  const tried = tries.map((each) => ({
    ...{
      state: "declined" as const,
      flow: "single" as const,
      paymentSourceId: null,
      cardLast4: null,
      isCleared: false,
    },
    ...each,
  }));
  const [was, is] = [
    { paymentSourceId: "src_1", cardLast4: "4242" },
    { paymentSourceId: present, cardLast4: "1111" },
  ];
  expect(isOtherCard(was, is, tried)).toBe(isOther);
});

test.each<[Partial<KnownCardFacts>, Partial<TriedCard>[], boolean, string]>([
  [{}, [{}], true, "another card than the one that failed"],
  [{}, [], true, "none was ever tried"],
  [{}, [{}, { paymentSourceId: "src_new" }], false, "it failed for one of them"],
  [{}, [{ paymentSourceId: "src_new", isCleared: true }], true, "a person vouched for it"],
  [{ card: { ...KNOWN.card, paymentSourceId: null } }, [{}], false, "there is no card"],
  [{ card: { ...KNOWN.card, cardExpMonth: 12, cardExpYear: 2025 } }, [{}], false, "it has expired"],
  [{ neverAgain: [CARD] }, [{}], false, "banned is banned"],
  [{ isDeleted: true }, [{}], false, "there is nobody to charge"],
  [{ toReplace: [CARD] }, [{}], true, "that an invoice waits for another card forbids no new cycle"],
])("an unpaid subscription, of a card with %j after %j: is it collected again? %p (%s)", (facts, tries, isMended) => {
  const tried = tries.map((each) => ({ ...TRIED, ...each }));
  expect(mendsUnpaid({ ...KNOWN, ...facts }, tried, NOW)).toBe(isMended);
});
