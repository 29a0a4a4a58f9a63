/** What a read of a customer changes in the books, and what is tried again because of it. */
import { expect, test } from "@jest/globals";
import { customerOf } from "../../../test/support/records.ts";
import type { Customer } from "../../domain/plan.ts";
import type { Records } from "../ports/records.ts";
import { type CustomerEvent, noteCustomerGone, upsertCustomer } from "./upsert-customer.ts";

const ANA = customerOf("cus_ana");
const NO_CARD = {
  ...{ paymentSourceId: null, cardBrand: null, cardLast4: null, cardExpMonth: null, cardExpYear: null },
};

async function upserted(known: Partial<Customer> | null, seen: Partial<Customer>, type: CustomerEvent) {
  const done: unknown[] = [];
  const row = known === null ? null : { ...ANA, ...known };
  const records = {
    customer: async () => row,
    // The row that was read is the one that changes.
    putCustomer: async (customer: Customer) => void done.push(["put", Object.assign(row ?? {}, customer).id]),
    record: (event: unknown) => void done.push(event),
    clearCard: async (...asked: unknown[]) => void done.push(["cleared", ...asked]),
    retryWithNewCard: async (...asked: unknown[]) => void done.push(["new card", ...asked]),
    tryKnownCard: async (...asked: unknown[]) => void done.push(["known card", ...asked]),
  } as unknown as Records;
  await upsertCustomer(records, { ...ANA, ...seen }, type);
  expect(done[0]).toEqual(["put", "cus_ana"]);
  return done.slice(1);
}

const told = (type: CustomerEvent, { paymentSourceId, cardBrand, cardLast4 }: Partial<Customer> = ANA) => ({
  ...{ type, customerId: "cus_ana", data: { paymentSourceId, cardBrand, cardLast4 } },
});
const NEW = { paymentSourceId: "src_2", cardBrand: "mastercard", cardLast4: "5555" };
const sameCard = (cardLast4 = "4242") => [
  "cleared",
  { customerId: "cus_ana", paymentSourceId: "src_cus_ana", cardLast4 },
  ["new_card"],
];

type Row = readonly [
  known: Partial<Customer> | null,
  seen: Partial<Customer>,
  type: CustomerEvent,
  done: readonly unknown[],
  because: string,
];

test.each<Row>([
  [null, {}, "customer.created", [told("customer.created")], "she is new: no invoice of hers waits for a card"],
  [null, {}, "customer.updated", [told("customer.updated")], "so is one that a read brings into the books"],
  [null, NO_CARD, "customer.created", [told("customer.created", NO_CARD)], "without a card, too"],
  [{}, {}, "customer.updated", [["known card", "cus_ana"]], "nothing is news, and her card may be tried again"],
  [{}, {}, "card.added", [told("card.added"), ["known card", "cus_ana"]], "what a person did is told all the same"],
  [
    {},
    { name: "Ana María" },
    "customer.updated",
    [told("customer.updated"), ["known card", "cus_ana"]],
    "a name is news, and no card",
  ],
  [{}, { email: null }, "customer.updated", [told("customer.updated"), ["known card", "cus_ana"]], "so is an e-mail"],
  [{}, { phone: "+5255" }, "customer.updated", [told("customer.updated"), ["known card", "cus_ana"]], "and a phone"],
  [
    {},
    NEW,
    "customer.updated",
    [told("card.changed", NEW), ["new card", "cus_ana", "src_2"]],
    "another card was made the default at Conekta",
  ],
  [
    {},
    { paymentSourceId: "src_2" },
    "customer.updated",
    [told("card.changed", { ...ANA, paymentSourceId: "src_2" }), ["new card", "cus_ana", "src_2"]],
    "the same plastic stored anew is another card to charge",
  ],
  [
    {},
    NEW,
    "card.default_changed",
    [told("card.default_changed", NEW), ["new card", "cus_ana", "src_2"]],
    "here it is told as what a person did",
  ],
  [NO_CARD, {}, "card.added", [told("card.added"), ["new card", "cus_ana", "src_cus_ana"]], "she had none"],
  [{}, NO_CARD, "customer.updated", [told("card.changed", NO_CARD)], "without a card there is nothing to try"],
  [{}, NO_CARD, "card.removed", [told("card.removed", NO_CARD)], "nor once a person took it away"],
  [
    {},
    { cardExpYear: 2034 },
    "customer.updated",
    [told("card.changed"), sameCard(), ["new card", "cus_ana", "src_cus_ana"]],
    "the same one renewed is no dead card any more",
  ],
  [
    {},
    { cardExpMonth: 1 },
    "customer.updated",
    [told("card.changed"), sameCard(), ["new card", "cus_ana", "src_cus_ana"]],
    "by a month, too",
  ],
  [
    {},
    { cardLast4: "1111" },
    "customer.updated",
    [told("card.changed", { ...ANA, cardLast4: "1111" }), sameCard("1111"), ["new card", "cus_ana", "src_cus_ana"]],
    "or with another number",
  ],
  [
    {},
    { cardBrand: "amex" },
    "customer.updated",
    [told("card.changed", { ...ANA, cardBrand: "amex" }), sameCard(), ["new card", "cus_ana", "src_cus_ana"]],
    "or of another brand",
  ],
])("known as %j, seen as %j, %s: %j (%s)", async (known, seen, type, done) => {
  expect(await upserted(known, seen, type)).toEqual(done);
});

test.each([
  [true, [{ type: "customer.deleted", customerId: "cus_ana", data: {} }]],
  [false, []],
])("that she is gone from Conekta is told once: as it is news (%p)", async (isNews, done) => {
  const written: unknown[] = [];
  const records = {
    customerIsGone: async () => isNews,
    record: (event: unknown) => void written.push(event),
  } as unknown as Records;
  await noteCustomerGone(records, "cus_ana");
  expect(written).toEqual(done);
});
