/** How an attempt was made goes with every look at it: an order with a page is judged otherwise than a card's. */
import { expect, test } from "@jest/globals";
import type { InquiryAnswer, SoughtCharge } from "../../src/application/ports/gateway.ts";
import type { SeenOrder } from "../../src/application/ports/webhooks.ts";
import type { AttemptFlow } from "../../src/domain/attempt.ts";
import { DAY_MS, MINUTE_MS } from "../support/books.ts";
import { openDesk, type Desk } from "../support/desk.ts";
import { policyOf } from "../support/policy.ts";
import { declined, pending, ScriptedGateway, unknown } from "../support/scripted-gateway.ts";

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

async function deskWith(chargeFlow: "single" | "order_first") {
  const gateway = new AskedGateway();
  const policies = [policyOf({ retryAfterDays: [], tryAgainAfterMinutes: [], paymentLink: LINK })];
  const desk = await openDesk({ gateway, policies, env: { CONEKTA_CHARGE_FLOW: chargeFlow } });
  await desk.subscribe("a");
  return { desk, gateway };
}

async function passTo(desk: Desk, ms: number): Promise<void> {
  desk.clock.advance(ms);
  await desk.run();
}

test.each<["single" | "order_first", typeof unknown | typeof pending, string, string]>([
  // charges are made as, answer, asked, because
  ["single", unknown, "list single", "its order is not known"],
  ["single", pending, "read single", "its order is known"],
  ["order_first", unknown, "read order_first", "the order was there before the charge"],
])("a charge, %s, is looked for as such: %#", async (flow, answer, asked, _because) => {
  const { desk, gateway } = await deskWith(flow);
  await using _ = desk;
  gateway.next.push(answer);
  await desk.run();
  await passTo(desk, MINUTE_MS);
  expect(gateway.asked.length).toBeGreaterThan(0);
  expect(new Set(gateway.asked)).toEqual(new Set([asked]));
});

test("a payment link is looked for as one: in the list, by its order, and when a webhook tells of it", async () => {
  const { desk, gateway } = await deskWith("single");
  await using _ = desk;
  gateway.next.push(declined("retry_later"));
  gateway.loseNextLinkAnswer = true;
  await desk.run();
  await passTo(desk, MINUTE_MS);
  expect(new Set(gateway.asked)).toEqual(new Set(["list link"]));

  gateway.asked.length = 0;
  await passTo(desk, DAY_MS);
  expect(new Set(gateway.asked)).toEqual(new Set(["read link"]));

  gateway.asked.length = 0;
  const [link] = gateway.links;
  await desk.takeWebhook("order.paid", link?.orderId ?? "");
  await desk.run();
  expect(new Set(gateway.asked)).toEqual(new Set(["webhook link"]));
});
