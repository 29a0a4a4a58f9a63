/** One customer at Conekta for one request, and the cards that are put there: what is called, written and refused. */
import { describe, expect, test } from "@jest/globals";
import { memoryApp } from "../../../test/support/memory-app.ts";
import { customerOf, subscriptionOf } from "../../../test/support/records.ts";
import { thrownBy } from "../../../test/support/thrown.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import type { Customer } from "../../domain/plan.ts";
import { said } from "../../domain/refusals.ts";
import type { Gateway, GatewayCustomer, LabelledCustomer, NewCustomer, PaymentSource } from "../ports/gateway.ts";
import { addCard, changeDefaultCard, createCustomer, importCustomer, removeCard } from "./customers.ts";

const JORGE: NewCustomer = { name: "Jorge", email: "Jorge@example.mx", phone: "+525512345678" };
const CARD = { tokenId: "tok_1" };
const NO_CARD = {
  ...{ paymentSourceId: null, cardBrand: null, cardLast4: null, cardExpMonth: null, cardExpYear: null },
};

function seen(id: string, change: Partial<Customer> = {}): GatewayCustomer {
  return { ...customerOf(id, change), livemode: false };
}

function labelled(change: Partial<LabelledCustomer> = {}): LabelledCustomer {
  return {
    ...{ customerId: "cus_lost", request: "r1", name: "Jorge", email: "jorge@example.mx", phone: "55 1234 5678" },
    ...change,
  };
}

type World = {
  readonly lost?: readonly LabelledCustomer[];
  readonly at?: readonly GatewayCustomer[];
  readonly createFails?: Error;
  readonly sources?: readonly PaymentSource[];
};

async function worldOf({ lost = [], at = [], createFails, sources = [] }: World = {}) {
  const app = await memoryApp({ subscriptions: [subscriptionOf("ana")] });
  const calls: unknown[] = [];
  const customers = new Map(at.map((each) => [each.id, each]));
  const gateway = {
    labelledCustomers: async (of: unknown) => {
      calls.push(["labelled", of]);
      return lost;
    },
    readCustomer: async (id: string) => {
      calls.push(["read", id]);
      return customers.get(id) ?? seen(id);
    },
    createCustomer: async (customer: NewCustomer, label: unknown) => {
      calls.push(["create", customer, label]);
      if (createFails !== undefined) throw createFails;
      return seen("cus_new", { name: customer.name });
    },
    addPaymentSource: async (id: string, card: unknown) => {
      calls.push(["add card", id, card]);
      customers.set(id, seen(id));
      return { id: "src_new", isDefault: false };
    },
    listPaymentSources: async () => sources,
    changeDefault: async (id: string, paymentSourceId: string) => {
      calls.push(["default", id, paymentSourceId]);
      return seen(id, { paymentSourceId });
    },
    removePaymentSource: async (...asked: unknown[]) => void calls.push(["remove", ...asked]),
  } as unknown as Gateway;
  return { ...app, calls, needs: { ...app.needs, gateway } };
}

const called = (calls: readonly unknown[]) => calls.map((call) => (call as readonly string[])[0]);

describe("a new customer", () => {
  test("is made at Conekta under a label of these books and this request, then written and told", async () => {
    const app = await worldOf();
    const installationId = (await app.store.installation()).id;
    const made: unknown[] = [];
    const customer = await createCustomer(app.needs, JORGE, { request: "r1", onMade: (id) => made.push(id) });
    expect(customer).toMatchObject({ id: "cus_new", name: "Jorge" });
    expect(app.calls).toEqual([
      ["labelled", { installationId, email: "Jorge@example.mx" }],
      ["create", JORGE, { installationId, request: "r1" }],
    ]);
    expect(made).toEqual(["cus_new"]);
    expect(app.tables.customers.get("cus_new")).toMatchObject({ name: "Jorge" });
    expect((await app.store.installation()).livemode).toBe(false);
    const data = { paymentSourceId: "src_cus_new", cardBrand: "visa", cardLast4: "4242" };
    expect(app.told()).toEqual([{ type: "customer.created", customerId: "cus_new", data }]);
  });

  test.each<[card: boolean, found: Partial<Customer>, calls: readonly string[], because: string]>([
    [false, NO_CARD, ["labelled", "read"], "she was made by the try before"],
    [true, NO_CARD, ["labelled", "read", "add card", "read"], "her card was lost with the answer"],
    [true, {}, ["labelled", "read"], "her card was stored with her"],
  ])("of the same request is found again (with a card: %p, found with %j): %j (%s)", async (card, found, calls) => {
    const app = await worldOf({ lost: [labelled()], at: [seen("cus_lost", found)] });
    const made: unknown[] = [];
    const wanted = { ...JORGE, ...(card && { card: CARD }) };
    const making = { request: "r1", onMade: (id: string | null) => void made.push(id) };
    const customer = await createCustomer(app.needs, wanted, making);
    expect(called(app.calls)).toEqual(calls);
    expect(made).toEqual(["cus_lost"]);
    expect(customer.paymentSourceId).toBe(calls.length > 2 || card ? "src_cus_lost" : null);
    expect(app.tables.customers.get("cus_lost")).toBeDefined();
  });

  test("of another request with the same e-mail and phone needs a person's word", async () => {
    const app = await worldOf({ lost: [labelled({ request: "r0" })] });
    expect(await thrownBy(createCustomer(app.needs, JORGE, { request: "r1" }))).toMatchObject({
      name: "NeedsConfirmation",
      subject: said("nobody_added"),
      faults: [
        {
          where: "customer cus_lost",
          what: said("same_person_at_conekta", { name: "Jorge", customerId: "cus_lost" }),
          mend: { do: "add_customer", customerId: "cus_lost" },
        },
      ],
    });
    expect(called(app.calls)).toEqual(["labelled"]);
    await createCustomer(app.needs, JORGE, { request: "r1", confirmed: true });
    expect(called(app.calls)).toEqual(["labelled", "labelled", "create"]);
  });

  test.each<[change: Partial<LabelledCustomer>, because: string]>([
    [{ email: "otro@example.mx" }, "another e-mail"],
    [{ email: null }, "no e-mail"],
    [{ phone: "+525500000000" }, "another phone"],
    [{ phone: null }, "no phone"],
    [{ customerId: "cus_ana" }, "the books know her"],
  ])("is made beside one of another request with %j (%s)", async (change) => {
    const app = await worldOf({ lost: [labelled({ request: "r0", ...change })] });
    await createCustomer(app.needs, JORGE, { request: "r1" });
    expect(called(app.calls)).toEqual(["labelled", "create"]);
  });

  test.each<[error: Error, made: readonly unknown[], because: string]>([
    [new GatewayUnavailable("timeout", { wasReached: true }), [null], "there may be one, and nobody knows who"],
    [new GatewayUnavailable("refused", { wasReached: false }), [], "nothing was sent"],
    [new GatewayRefused("no such token", { httpStatus: 422, code: null }), [], "it was refused"],
  ])("whose making fails with %p: %j is told (%s)", async (createFails, told) => {
    const app = await worldOf({ createFails });
    const made: unknown[] = [];
    const making = { request: "r1", onMade: (id: string | null) => void made.push(id) };
    await expect(createCustomer(app.needs, JORGE, making)).rejects.toBe(createFails);
    expect(made).toEqual(told);
    await expect(createCustomer(app.needs, JORGE, { request: "r1" })).rejects.toBe(createFails);
  });

  test("who is in the books by e-mail and phone is used instead, unless a person says that it is somebody else", async () => {
    const app = await worldOf();
    const ana = { name: "Otra", email: "cus_ana@example.mx", phone: "+525512345678" };
    expect(await thrownBy(createCustomer(app.needs, ana, { request: "r1" }))).toMatchObject({
      name: "NeedsConfirmation",
      subject: said("nobody_added"),
      faults: [
        {
          where: "customer cus_ana",
          what: said("same_person", { name: "Señora cus_ana" }),
          mend: { do: "use_customer", customerId: "cus_ana" },
        },
      ],
    });
    expect(app.calls).toEqual([]);
    await createCustomer(app.needs, ana, { request: "r1", confirmed: true });
    await createCustomer(app.needs, { ...ana, phone: "+525500000000" }, { request: "r2" });
    expect(called(app.calls).filter((call) => call === "create")).toHaveLength(2);
  });
});

describe("one who is there", () => {
  test("is taken into the books as she is, and told once", async () => {
    const app = await worldOf({ at: [seen("cus_ana", { name: "Ana María" })] });
    expect(await importCustomer(app.needs, "cus_ana")).toMatchObject({ name: "Ana María" });
    expect(app.told()).toMatchObject([{ type: "customer.updated" }]);
    await importCustomer(app.needs, "cus_ana");
    expect(app.told()).toEqual([]);
  });

  test("of the other mode is not", async () => {
    const app = await worldOf({ at: [{ ...seen("cus_ana", { name: "Ana María" }), livemode: true }] });
    await app.store.confirmMode(false);
    expect(await thrownBy(importCustomer(app.needs, "cus_ana"))).toMatchObject({ name: "WrongMode" });
    expect(app.told()).toEqual([]);
  });

  const source = (id: string, isDefault: boolean) => ({ id, isDefault }) as PaymentSource;
  test.each<[sources: readonly PaymentSource[], added: object, because: string]>([
    [
      [source("src_old", false), source("src_new", true)],
      { id: "src_new", isDefault: true },
      "the list knows it better",
    ],
    [[source("src_old", true)], { id: "src_new", isDefault: false }, "the list lags behind"],
  ])("is given a card: %j, %j (%s)", async (sources, added) => {
    const app = await worldOf({ sources, at: [seen("cus_ana", NO_CARD)] });
    await importCustomer(app.needs, "cus_ana");
    app.told();
    expect(await addCard(app.needs, "cus_ana", CARD)).toMatchObject(added);
    expect(called(app.calls).slice(1)).toEqual(["add card", "read"]);
    expect(app.told()).toMatchObject([{ type: "card.added", customerId: "cus_ana" }]);
    expect(app.tables.customers.get("cus_ana")).toMatchObject({ paymentSourceId: "src_cus_ana" });
  });

  test("is given another default card", async () => {
    const app = await worldOf();
    expect(await changeDefaultCard(app.needs, "cus_ana", "src_2")).toMatchObject({ paymentSourceId: "src_2" });
    expect(app.calls).toEqual([["default", "cus_ana", "src_2"]]);
    expect(app.told()).toMatchObject([{ type: "card.default_changed", data: { paymentSourceId: "src_2" } }]);
  });

  test.each<[what: string, act: (needs: Awaited<ReturnType<typeof worldOf>>["needs"]) => Promise<unknown>]>([
    ["a card", (needs) => addCard(needs, "cus_x", CARD)],
    ["a default card", (needs) => changeDefaultCard(needs, "cus_x", "src_2")],
  ])("who is not in the books is given %s by nobody", async (_what, act) => {
    const app = await worldOf();
    expect(await thrownBy(act(app.needs))).toMatchObject({
      ...{ name: "NotFound", said: said("no_customer", { id: "cus_x" }) },
      mend: { do: "add_customer", customerId: "cus_x" },
    });
    expect(app.calls).toEqual([]);
  });

  test("loses a card, and not the one that every charge needs", async () => {
    const app = await worldOf();
    expect(await removeCard(app.needs, "cus_ana", "src_old")).toMatchObject({ paymentSourceId: "src_cus_ana" });
    expect(app.calls).toEqual([
      ["read", "cus_ana"],
      ["remove", "cus_ana", "src_old"],
      ["read", "cus_ana"],
    ]);
    expect(app.told()).toMatchObject([{ type: "card.removed", customerId: "cus_ana" }]);
    expect(await thrownBy(removeCard(app.needs, "cus_ana", "src_cus_ana"))).toMatchObject({
      ...{ name: "Refused", said: said("default_card", { sourceId: "src_cus_ana", customerId: "cus_ana" }) },
      mend: { do: "choose_default_card", customerId: "cus_ana" },
    });
    expect(app.calls).toHaveLength(4);
  });
});
