/** Which card is the default, from answers that show more or less of it. */
import { describe, expect, test } from "@jest/globals";
import type { Caller } from "./api-client.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
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

/** Answers one after the other, the last for ever; an error is thrown. */
function customersOf(...answers: readonly object[]) {
  const paths: string[] = [];
  const calls: object[] = [];
  const caller: Caller = {
    call: async (call, { repeatable }, schema) => {
      const answer = answers[Math.min(paths.length, answers.length - 1)];
      paths.push(call.path + (call.query?.["next"] === undefined ? "" : `?next=${call.query["next"]}`));
      calls.push({ ...call, repeatable });
      if (answer instanceof Error) throw answer;
      return schema.parse(answer);
    },
  };
  return { customers: conektaCustomers(caller, { pciDssLevel1: false }), paths, calls };
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
  [{ payment_sources: list([SECOND, CARD]) }, list([]), "src_1", [], "no id is shown: the flag counts"],
  [{ payment_sources: list([CARD, { ...SECOND, default: true }]) }, list([]), "src_1", [], "of two with the flag the first"],
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

  test("the default that was chosen is asked for, and seen", async () => {
    const { customers, calls } = customersOf(
      customer({ default_payment_source_id: "src_2", payment_sources: list([CARD, SECOND]) }),
    );
    expect(await customers.changeDefault("cus_1", "src_2")).toMatchObject({ paymentSourceId: "src_2" });
    const path = "/customers/cus_1";
    expect(calls).toEqual([
      { method: "PUT", path, body: { default_payment_source_id: "src_2" }, repeatable: "always" },
      { method: "GET", path, repeatable: "always" },
    ]);
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

  test("that never end are no list: after 20 pages nobody asks on", async () => {
    const { customers, paths } = customersOf(list([CARD], true));
    await expect(customers.listPaymentSources("cus_1")).rejects.toMatchObject({ name: "GatewayUnavailable" });
    expect(paths).toHaveLength(20);
  });

  test("that promise more after nothing end there", async () => {
    const { customers, paths } = customersOf(list([CARD], true), list([], true));
    expect(await customers.listPaymentSources("cus_1")).toHaveLength(1);
    expect(paths).toHaveLength(2);
  });

  test("are asked for by the page, and told by what is read of them", async () => {
    const { customers, calls } = customersOf(list([CARD]));
    expect(await customers.listPaymentSources("cus_1")).toStrictEqual([
      { id: "src_1", isDefault: true, brand: "visa", last4: "4242", expMonth: 8, expYear: 2039, status: "active" },
    ]);
    expect(calls).toStrictEqual([{ method: "GET", path: LIST, query: { limit: "50" }, repeatable: "always" }]);
  });

  test.each([
    [
      list([CARD, { ...SECOND, default: true }]),
      true,
      "as the list tells it: its own answer calls even the first card no default",
    ],
    [list([CARD]), false, "which the list does not show yet: as its own answer tells it"],
  ])("that were stored are told from %j: the default is %p (%s)", async (listed, isDefault) => {
    const { customers, calls } = customersOf(SECOND, listed);
    expect(await customers.addPaymentSource("cus_1", { tokenId: "tok_1" })).toMatchObject({ id: "src_2", isDefault });
    const body = { type: "card", token_id: "tok_1" };
    expect(calls[0]).toEqual({ method: "POST", path: LIST, body, repeatable: "if-not-sent" });
  });

  test("are removed by one call, which is not repeated once it may have been done", async () => {
    const { customers, calls } = customersOf({});
    await customers.removePaymentSource("cus_1", "src/1");
    expect(calls).toEqual([{ method: "DELETE", path: `${LIST}/src%2F1`, repeatable: "if-not-sent" }]);
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

describe("a customer that is created", () => {
  const JORGE = { name: "Jorge Martínez", email: "jorge@example.com", phone: "+5215555555555" };
  const LABEL = { installationId: "ins_1", request: "r1" };

  test.each<[shown: object, source: string | null, because: string]>([
    [{ default_payment_source_id: "src_1", payment_sources: list([CARD]) }, "src_1", "with the card it was given"],
    [{ default_payment_source_id: null }, null, "without a card"],
  ])("answered with %j, has the default %p (%s)", async (shown, source) => {
    const { customers, calls } = customersOf(customer(shown));
    expect(await customers.createCustomer(JORGE, LABEL)).toMatchObject({ id: "cus_1", paymentSourceId: source });
    expect(calls).toEqual([
      {
        ...{ method: "POST", path: "/customers", repeatable: "if-not-sent" },
        body: { ...JORGE, metadata: { puntual_installation: "ins_1", puntual_request: "r1" } },
      },
    ]);
  });
});

describe("the customers that these books have labelled", () => {
  const labelled = (id: string, puntual_installation: string | null, change: object = {}) => ({
    ...{ id, name: "Jorge", email: "jorge@example.com", phone: "+52155" },
    metadata: { puntual_installation, puntual_request: `of ${id}` },
    ...change,
  });

  test("are looked for among the newest and by e-mail, each once; odd ones and others' are passed over", async () => {
    const newest = list([labelled("cus_1", "ins_1"), labelled("cus_2", "ins_2"), { id: 7 }]);
    const byEmail = list([
      labelled("cus_1", "ins_1"),
      labelled("cus_3", "ins_1", { name: null, metadata: { puntual_installation: "ins_1" } }),
      labelled("cus_4", null),
      labelled("cus_5", null, { metadata: null }),
    ]);
    const { customers, calls } = customersOf(newest, byEmail);
    expect(await customers.labelledCustomers({ installationId: "ins_1", email: "jorge@example.com" })).toEqual([
      { customerId: "cus_1", request: "of cus_1", name: "Jorge", email: "jorge@example.com", phone: "+52155" },
      { customerId: "cus_3", request: "", name: "", email: "jorge@example.com", phone: "+52155" },
    ]);
    const asked = { method: "GET", path: "/customers", repeatable: "always" };
    expect(calls).toEqual([
      { ...asked, query: { limit: "250" } },
      { ...asked, query: { limit: "250", search: "jorge@example.com" } },
    ]);
  });
});

describe("the probe of the key's mode", () => {
  const GONE = new GatewayRefused("no such customer", { httpStatus: 404, code: null });

  // prettier-ignore
  test.each<[known: string | null, answers: readonly object[], seen: object, paths: readonly string[], because: string]>([
    ["cus_1", [customer({ livemode: true })], { livemode: true, isKnown: true }, ["/customers/cus_1"], "the customer that is known shows it"],
    ["cus_1", [GONE, list([{ livemode: true }])], { livemode: true, isKnown: false }, ["/customers/cus_1", "/customers"], "it is gone, or of the other mode: any other shows it"],
    ["cus_1", [GONE, list([])], { livemode: null, isKnown: false }, ["/customers/cus_1", "/customers"], "there is no other"],
    [null, [list([{ livemode: false }, { livemode: true }])], { livemode: false }, ["/customers"], "none is known: the newest shows it"],
    [null, [list([])], { livemode: null }, ["/customers"], "an empty account shows none"],
    [null, [list([{ livemode: "odd" }])], { livemode: null }, ["/customers"], "an odd one of another system shows none"],
  ])("of %p, answered with %j, sees %j (%s)", async (known, answers, seen, asked) => {
    const { customers, paths } = customersOf(...answers);
    expect(await customers.probe(known)).toStrictEqual(seen);
    expect(paths).toEqual(asked);
  });

  test.each([new GatewayRefused("not this one", { httpStatus: 403, code: null }), new GatewayUnavailable("no answer")])(
    "that fails with %p shows nothing, and says so",
    async (error) => {
      const { customers } = customersOf(error, list([{ livemode: true }]));
      await expect(customers.probe("cus_1")).rejects.toBe(error);
    },
  );

  test("asks for one customer alone, and for it again where no answer came", async () => {
    const { customers, calls } = customersOf(list([]));
    await customers.probe(null);
    expect(calls).toEqual([{ method: "GET", path: "/customers", query: { limit: "1" }, repeatable: "always" }]);
  });
});
