/** How an attempt was made goes with every inquiry about it: an order with a page is judged otherwise than a card's. */
import { expect, test } from "@jest/globals";
import { settleAttempts } from "../../src/application/settling/settle-attempts.ts";
import type { InquiryAnswer, SoughtCharge } from "../../src/application/ports/gateway.ts";
import type { SeenOrder } from "../../src/application/ports/webhooks.ts";
import type { AttemptFlow } from "../../src/domain/ways-to-pay.ts";
import { DAY_MS, MINUTE_MS } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { policyOf } from "../support/policy.ts";
import { declined, paid, pending, ScriptedGateway, unknown } from "../support/scripted-gateway.ts";

const LINK = { methods: ["card", "cash"], expiresAfterDays: 5 } as const;

/** Remembers by which call, and as what, attempts were looked for. */
class AskedGateway extends ScriptedGateway {
  readonly asked: string[] = [];

  override async findCharges(
    window: { readonly from: Date; readonly to: Date },
    intents: readonly SoughtCharge[],
  ): Promise<ReadonlyMap<string, InquiryAnswer>> {
    this.asked.push(...intents.map(({ flow }) => `list ${flow}`));
    return await super.findCharges(window, intents);
  }

  override async readCharge(
    orderId: string,
    reference: string,
    amountCents: number,
    flow?: AttemptFlow,
  ): Promise<InquiryAnswer> {
    this.asked.push(`read ${flow}`);
    return await super.readCharge(orderId, reference, amountCents);
  }

  override async readOrder(orderId: string): Promise<SeenOrder> {
    const order = await super.readOrder(orderId);
    const inquiryAnswerOf = (reference: string, flow?: AttemptFlow): InquiryAnswer => {
      this.asked.push(`webhook ${flow}`);
      return order.inquiryAnswerOf(reference);
    };
    return { ...order, inquiryAnswerOf };
  }
}

async function appWith(chargeFlow: "single" | "order_first") {
  const gateway = new AskedGateway();
  const policies = [policyOf({ retryAfterDays: [], tryAgainAfterMinutes: [], paymentLink: LINK })];
  const app = await openApp({ gateway, policies, env: { CONEKTA_CHARGE_FLOW: chargeFlow } });
  await app.subscribe("a");
  return { app, gateway };
}

async function passTo(app: AppFixture, ms: number): Promise<void> {
  app.clock.advance(ms);
  await app.run();
}

test.each<["single" | "order_first", typeof unknown | typeof pending, string, string]>([
  // charges are made as, answer, asked, because
  ["single", unknown, "list single", "its order is not known"],
  ["single", pending, "read single", "its order is known"],
  ["order_first", unknown, "read order_first", "the order was there before the charge"],
])("a charge, %s, is looked for as such: %#", async (flow, answer, asked, _because) => {
  const { app, gateway } = await appWith(flow);
  await using _ = app;
  gateway.next.push(answer);
  await app.run();
  await passTo(app, MINUTE_MS);
  expect(gateway.asked.length).toBeGreaterThan(0);
  expect(new Set(gateway.asked)).toEqual(new Set([asked]));
});

test("a payment link is looked for as one: in the list, by its order, and when a webhook tells of it", async () => {
  const { app, gateway } = await appWith("single");
  await using _ = app;
  gateway.next.push(declined("retry_later"));
  gateway.loseNextLinkAnswer = true;
  await app.run();
  await passTo(app, MINUTE_MS);
  expect(new Set(gateway.asked)).toEqual(new Set(["list link"]));

  gateway.asked.length = 0;
  await passTo(app, DAY_MS);
  expect(new Set(gateway.asked)).toEqual(new Set(["read link"]));

  gateway.asked.length = 0;
  const [link] = gateway.links;
  await app.takeWebhook("order.paid", link?.orderId ?? "");
  await app.run();
  expect(new Set(gateway.asked)).toEqual(new Set(["webhook link"]));
});

test("a page is closed once money came late to an earlier try of its invoice: nobody is asked to pay twice", async () => {
  const { app, gateway } = await appWith("single");
  await using _ = app;
  gateway.next.push(declined("retry_later"));
  await app.run();
  const [first] = gateway.charges;
  const [attempt] = await app.attempts();
  if (first === undefined || attempt === undefined) throw new Error("nothing was charged");
  const { attemptId, orderId } = attempt;
  await settleAttempts(app.assembly.settling, [{ attemptId, evidence: paid(first.intent, orderId) }]);
  expect(await app.invoiceWords("a")).toBe("0 paid");
  await passTo(app, DAY_MS);
  expect(gateway.canceledOrders).toEqual([gateway.links[0]?.orderId]);
  expect((await app.attempts()).map(({ state }) => state)).toEqual(["paid", "lapsed"]);
});
