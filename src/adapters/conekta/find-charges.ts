/**
 * The inquiry after a lost answer in the flow `single`: lists the orders of a window once, for many attempts.
 *
 * Conekta has no filter for metadata or references, so matching is ours. "Not found" is never proof: the list may lag.
 * A list that cannot be read to its end throws, so that such an inquiry does not count.
 * @see GET /orders, Conekta API 2.3.0 specification: limit at most 250, created_at.gte and .lte in unix seconds
 */
import type { InquiryAnswer, SoughtCharge } from "../../application/ports/gateway.ts";
import type { ChargeFlow } from "../../domain/ways-to-pay.ts";
import { GatewayUnavailable } from "../../domain/errors.ts";
import { said } from "../../domain/refusals.ts";
import type { Caller } from "./api-client.ts";
import { inquiryAnswerOf } from "./inquiry-answer.ts";
import { wire, type WireOrder } from "./wire.ts";

const PAGE = 250;
/** 100,000 orders: a window is minutes or hours. */
const MAX_PAGES = 400;

export type Window = { readonly from: Date; readonly to: Date };

export async function findInWindow(
  caller: Caller,
  window: Window,
  intents: readonly SoughtCharge[],
  flow: ChargeFlow,
): Promise<ReadonlyMap<string, InquiryAnswer>> {
  const wanted = new Map(intents.map((intent) => [intent.reference, intent]));
  const found = new Map<string, InquiryAnswer>();
  for await (const raw of ordersIn(caller, window)) {
    const order = wire.order.safeParse(raw);
    if (!order.success) {
      for (const reference of mentioned(raw, wanted)) keepBetter(found, reference, UNREADABLE);
      continue;
    }
    for (const reference of referencesOf(order.data)) {
      const intent = wanted.get(reference);
      if (intent === undefined) continue;
      const sought = { reference, flow: intent.flow ?? flow, amountCents: intent.amountCents, isAnswer: false };
      keepBetter(found, reference, inquiryAnswerOf(order.data, sought));
    }
  }
  for (const reference of wanted.keys()) if (!found.has(reference)) found.set(reference, ABSENT);
  return found;
}

/** Every order created within the window, unread, in the gateway's order. */
export async function* ordersIn(caller: Caller, window: Window): AsyncGenerator {
  const operation = { what: "list the orders of a window", repeatable: "always" } as const;
  const bounds = {
    "created_at.gte": String(Math.floor(window.from.getTime() / 1000)),
    "created_at.lte": String(Math.ceil(window.to.getTime() / 1000)),
    limit: String(PAGE),
  };
  let next: string | null = null;
  for (let page = 0; page < MAX_PAGES; page++) {
    const query: Record<string, string> = next === null ? bounds : { ...bounds, next };
    const list: { hasMore: boolean; data: readonly unknown[] } = await caller.call(
      { method: "GET", path: "/orders", query },
      operation,
      wire.anything,
    );
    yield* list.data;
    if (!list.hasMore) return;
    const last = wire.identified.safeParse(list.data.at(-1)).data?.id ?? null;
    if (last === null || last === next) break;
    next = last;
  }
  throw new GatewayUnavailable(said("gateway_endless_orders"));
}

function referencesOf(order: WireOrder): ReadonlySet<string> {
  const names = [order.attemptReference, ...order.charges.map((charge) => charge.referenceId)];
  return new Set(names.filter((name) => name !== null));
}

/** An order of ours that cannot be read is not absent. */
function mentioned(raw: unknown, wanted: ReadonlyMap<string, SoughtCharge>): string[] {
  const text = JSON.stringify(raw) ?? "";
  return [...wanted.keys()].filter((reference) => text.includes(reference));
}

const UNREADABLE: InquiryAnswer = {
  kind: "unknown",
  orderId: null,
  trace: { httpStatus: 200, logId: null, because: "the list shows an order of this attempt that cannot be read" },
};
const ABSENT: InquiryAnswer = {
  kind: "absent",
  trace: { httpStatus: 200, logId: null, because: "the list shows no order of this attempt" },
};

/** Several orders with one reference should not be. Money first, then whatever keeps the invoice from being charged. */
const PREFERENCE = [
  "paid",
  "pending",
  "unknown",
  "declined",
  "lapsed",
  "absent",
] as const satisfies InquiryAnswer["kind"][];

function keepBetter(found: Map<string, InquiryAnswer>, reference: string, inquiryAnswer: InquiryAnswer): void {
  const known = found.get(reference);
  if (known === undefined || PREFERENCE.indexOf(inquiryAnswer.kind) < PREFERENCE.indexOf(known.kind))
    found.set(reference, inquiryAnswer);
}
