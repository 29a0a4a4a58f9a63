/** Which card is the default, from answers that show more or less of it. */
import { describe, expect, test } from "@jest/globals";
import type { Caller } from "./api-client.ts";
import { conektaCustomers } from "./customers.ts";

const CARD = {
  id: "src_1",
  type: "card",
  default: true,
  brand: "visa",
  last4: "4242",
  exp_month: "08",
  exp_year: "39",
  payment_source_status: "active",
};
const SECOND = { ...CARD, id: "src_2", default: false, last4: "1881" };
const CASH = { id: "off_1", type: "cash_recurrent", default: true };

function list(data: readonly object[], has_more = false) {
  return { object: "list", has_more, data };
}

function customer(change: object) {
  return { object: "customer", id: "cus_1", livemode: false, name: "Jorge Martínez", ...change };
}

/** Answers one after the other, the last for ever. */
function customersOf(...answers: readonly object[]) {
  const paths: string[] = [];
  const caller: Caller = {
    call: async (call, _operation, schema) => {
      const answer = answers[Math.min(paths.length, answers.length - 1)];
      paths.push(call.path + (call.query?.["next"] === undefined ? "" : `?next=${call.query["next"]}`));
      return schema.parse(answer);
    },
  };
  return { customers: conektaCustomers(caller, { pciDssLevel1: false }), paths };
}

const LIST = "/customers/cus_1/payment_sources";

type Row = readonly [
  shown: object,
  listed: object,
  source: string | null,
  alsoReads: readonly string[],
  because: string,
];

// prettier-ignore
const DEFAULTS: readonly Row[] = [
  [{ default_payment_source_id: "src_1", payment_sources: list([SECOND, CARD]) }, list([]), "src_1", [], "all is shown"],
  [{ default_payment_source_id: "src_2", payment_sources: list([CARD, SECOND]) }, list([]), "src_2", [], "the id counts, not the flag"],
  [{ default_payment_source_id: null, payment_sources: list([]) }, list([]), null, [], "no card"],
  [{}, list([CARD]), "src_1", [LIST], "nothing is shown of cards, as in the documentation"],
  [{}, list([]), null, [LIST], "nothing is shown, and there is none"],
  [{ default_payment_source_id: "src_1" }, list([SECOND, CARD]), "src_1", [LIST], "only the id is shown"],
  [{ default_payment_source_id: "src_1", payment_sources: list([SECOND], true) }, list([SECOND, CARD]), "src_1", [LIST], "not all are shown"],
  [{ default_payment_source_id: "src_1", payment_sources: list([SECOND]) }, list([SECOND, CARD]), "src_1", [LIST], "the default is not among them"],
  [{ default_payment_source_id: "off_1", payment_sources: list([CARD, CASH]) }, list([]), null, [], "cash cannot be charged"],
  [{ payment_sources: list([SECOND]) }, list([]), null, [], "no default among them"],
];

test.each(DEFAULTS)(
  "%j (list: %j) has the default %j, reading also %j: %s",
  async (shown, listed, source, alsoReads) => {
    const { customers, paths } = customersOf(customer(shown), listed);
    expect((await customers.readCustomer("cus_1")).paymentSourceId).toBe(source);
    expect(paths.slice(1)).toEqual(alsoReads);
  },
);

describe("an answer about somebody or something else", () => {
  test("another customer than was asked for is no answer", async () => {
    const { customers } = customersOf(customer({ id: "cus_2" }));
    await expect(customers.readCustomer("cus_1")).rejects.toThrow("answered with another: cus_2");
  });

  test("another default than was chosen is not believed", async () => {
    const { customers } = customersOf(
      customer({ default_payment_source_id: "src_1", payment_sources: list([CARD, SECOND]) }),
    );
    await expect(customers.changeDefault("cus_1", "src_2")).rejects.toThrow("and shows src_1");
  });
});

describe("payment sources", () => {
  test("are listed to the last page, cards only", async () => {
    const { customers, paths } = customersOf(list([CARD, CASH], true), list([SECOND]));
    const listed = await customers.listPaymentSources("cus_1");
    expect(listed.map(({ id }) => id)).toEqual(["src_1", "src_2"]);
    expect(paths).toEqual([LIST, `${LIST}?next=off_1`]);
  });

  test("that never end are no list", async () => {
    const { customers } = customersOf(list([CARD], true));
    await expect(customers.listPaymentSources("cus_1")).rejects.toMatchObject({ name: "GatewayUnavailable" });
  });

  test("that were stored are returned even when the read afterwards fails", async () => {
    const { customers } = customersOf(SECOND, { object: "nonsense" });
    expect(await customers.addPaymentSource("cus_1", { tokenId: "tok_1" })).toMatchObject({ id: "src_2" });
  });
});

test("ids are escaped in paths", async () => {
  const { customers, paths } = customersOf(customer({ id: "../orders?x=1", payment_sources: list([]) }));
  await customers.readCustomer("../orders?x=1");
  expect(paths).toEqual(["/customers/..%2Forders%3Fx%3D1"]);
});
