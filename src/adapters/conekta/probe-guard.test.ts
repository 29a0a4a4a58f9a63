/**
 * What the answers to the probe prove: only two tries of which one paid and the other was refused for it. A row: the
 * answers to two charges of an order and to the read behind them, what is proven, and why.
 * test/doctor/probe-guard.test.ts does the same against the sandbox.
 */
import { expect, test } from "@jest/globals";
import { charge, conektaError, declinedCharge, order } from "../../../test/gateway/samples.ts";
import { conektaGuardProber } from "./probe-guard.ts";
import type { HttpCall, Reply, Transport } from "./transport.ts";

const PROBE = { id: "prb_1", installationId: "ins_1", customerId: "cus_1", amountCents: 1000 };
const HAS_CHARGE = conektaError("precondition_required.combo.order.cannot_be_updated_because_has_charge");
const BUSY = conektaError("rate_limit");

function answered(status: number, body: object | string): Reply {
  return { kind: "answered", status, text: typeof body === "string" ? body : JSON.stringify(body), retryAfter: null };
}

const PAID = answered(200, charge({ id: "chg_1" }));
const PAID_TOO = answered(200, charge({ id: "chg_2" }));
const DECLINED = answered(402, conektaError("card_declined", declinedCharge("card_declined")));
const REFUSED = answered(428, HAS_CHARGE);
const LOST: Reply = { kind: "no-answer", status: null, because: "cut off" };
const shows = (...ids: readonly string[]): Reply => answered(200, order(ids.map((id) => charge({ id }))));

/** Both orders are answered alike: opened, charged (once or twice), read. */
async function probed(opens: Reply, charges: readonly Reply[], read: Reply) {
  const calls: HttpCall[] = [];
  let nth = 0;
  const send: Transport["send"] = async (call) => {
    calls.push(call);
    if (call.method === "GET") return read;
    if (call.path === "/orders") {
      nth = 0;
      return opens;
    }
    nth += 1;
    return charges[nth - 1] ?? LOST;
  };
  return { found: await conektaGuardProber({ send } as Transport).probeGuard(PROBE), calls };
}

const OPENED = answered(200, order(null, { id: "ord 1", payment_status: null }));

// prettier-ignore
const ROWS: readonly (readonly [charges: readonly Reply[], read: Reply, sequential: string, concurrent: string, because: string])[] = [
  [[PAID, REFUSED], shows("chg_1"), "refused", "refused", "one paid, the other was refused for it"],
  [[PAID, answered(422, HAS_CHARGE)], shows("chg_1"), "refused", "refused", "by whichever status of a refusal"],
  [[PAID, answered(400, HAS_CHARGE)], shows("chg_1"), "refused", "refused", "as above"],
  [[PAID, answered(399, HAS_CHARGE)], shows("chg_1"), "unclear", "unclear", "an error that is none"],
  [[PAID, answered(500, HAS_CHARGE)], shows("chg_1"), "unclear", "unclear", "a server that failed may have charged"],
  [[PAID, REFUSED], LOST, "refused", "refused", "the answers are proof enough"],
  [[PAID, PAID_TOO], shows("chg_1"), "charged_twice", "charged_twice", "the answers say so, whatever the read shows"],
  [[PAID, LOST], shows("chg_1", "chg_2"), "charged_twice", "charged_twice", "the read shows what the answer lost"],
  [[PAID, REFUSED], shows("chg_1", "chg_2"), "charged_twice", "charged_twice", "a refusal that was none"],
  [[PAID, LOST], shows("chg_1"), "unclear", "unclear", "nobody knows what the second did"],
  [[PAID, DECLINED], shows("chg_1"), "unclear", "unclear", "the bank refused, not the guard"],
  [[PAID, answered(429, BUSY)], shows("chg_1"), "unclear", "unclear", "refused for another reason"],
  [[PAID, answered(200, "<html>")], shows("chg_1"), "unclear", "unclear", "a page"],
  [[REFUSED, REFUSED], shows(), "unclear", "unclear", "nothing paid: nothing was guarded"],
  [[REFUSED, REFUSED], shows("chg_1"), "unclear", "unclear", "two refusals, and no try that paid"],
  [[answered(200, declinedCharge("x", { id: "chg_1" })), REFUSED], shows(), "unclear", "unclear", "a charge that is declined did not pay"],
  [[DECLINED, REFUSED], shows(), "unclear", "unclear", "the first did not pay"],
  [[LOST, REFUSED], shows("chg_1"), "unclear", "refused", "one after the other the second is not tried; at once it was refused beside what the read shows"],
];

test.each(ROWS)(
  "charges answered with %j, read as %j: %s one after the other, %s at once: %s",
  async (charges, read, sequential, concurrent) => {
    const { found } = await probed(OPENED, charges, read);
    expect([found.sequential, found.concurrent]).toEqual([sequential, concurrent]);
  },
);

test("an order that was not opened is charged by nobody", async () => {
  const { found, calls } = await probed(answered(500, ""), [PAID, REFUSED], shows("chg_1"));
  expect(calls.map(({ path }) => path)).toEqual(["/orders", "/orders"]);
  expect(found).toEqual({
    ...{ sequential: "unclear", concurrent: "unclear" },
    evidence: ["a", "b"].map((each) => ({
      did: `open order ${each}`,
      httpStatus: 500,
      code: null,
      because: "the body is empty",
    })),
  });
});

test("each call is told with what it showed, and the second is not made before the first paid", async () => {
  const odd = answered(402, conektaError("two words"));
  const { found, calls } = await probed(
    OPENED,
    [odd, DECLINED],
    answered(200, order([declinedCharge("x")], { payment_status: "not a word" })),
  );
  const opened = { httpStatus: 200, code: null, because: "the order shows 0 charges and the status none" };
  const read = { httpStatus: 200, code: null, because: "the order shows 1 charges and the status none" };
  const refused = { httpStatus: 402, because: "it was refused" };
  expect(found.evidence).toEqual([
    { did: "open order a", ...opened },
    { did: "charge order a, try 1", ...refused, code: "none" },
    { did: "read order a", ...read },
    { did: "open order b", ...opened },
    { did: "charge order b, try 1", ...refused, code: "none" },
    { did: "charge order b, try 2", ...refused, code: "conekta.errors.card_declined" },
    { did: "read order b", ...read },
  ]);
  const body = (reference: string) => ({ amount: 1000, reference_id: reference, payment_method: { type: "default" } });
  expect(calls.filter(({ path }) => path.endsWith("/charges"))).toEqual([
    { method: "POST", path: "/orders/ord%201/charges", body: body("prb_1-a1") },
    { method: "POST", path: "/orders/ord%201/charges", body: body("prb_1-b1") },
    { method: "POST", path: "/orders/ord%201/charges", body: body("prb_1-b2") },
  ]);
  expect(calls[0]?.body).toEqual({
    ...{ currency: "MXN", customer_info: { customer_id: "cus_1" } },
    line_items: [{ name: "Puntual guard probe", unit_price: 1000, quantity: 1 }],
    metadata: { puntual_probe: "prb_1", puntual_probe_installation: "ins_1" },
  });
});

test.each<[reply: Reply, told: object]>([
  [PAID, { httpStatus: 200, because: "the charge is paid", code: null }],
  [LOST, { httpStatus: null, because: "cut off", code: null }],
  [
    { kind: "not-sent", because: "refused" },
    { httpStatus: null, because: "refused", code: null },
  ],
  [
    answered(428, {
      ...HAS_CHARGE,
      details: [{ code: null }, { code: "a.b" }, ...HAS_CHARGE.details, { code: "b.has_charge" }],
    }),
    { httpStatus: 428, because: "it was refused", code: HAS_CHARGE.details[0]?.code },
  ],
  [answered(428, conektaError(null)), { httpStatus: 428, because: "it was refused", code: "none" }],
])("a try that is answered with %j is told as %j", async (reply, told) => {
  const { found } = await probed(OPENED, [reply, LOST], LOST);
  expect(found.evidence[1]).toEqual({ did: "charge order a, try 1", ...told });
});
