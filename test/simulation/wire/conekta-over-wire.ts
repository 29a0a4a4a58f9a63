/**
 * The real Conekta adapter over a wire that ends in the hostile gateway: what it sends is taken apart into a call of that
 * gateway, and what the gateway did comes back as HTTP. So requests, classification, paging, retries and every reading of
 * JSON are lived; sockets are not.
 *
 * What the adapter makes of an answer must be what the gateway did.
 */
import { conektaCaller } from "../../../src/adapters/conekta/api-client.ts";
import { conektaCustomers } from "../../../src/adapters/conekta/customers.ts";
import { conektaOrderLister } from "../../../src/adapters/conekta/list-orders.ts";
import { conektaOrders } from "../../../src/adapters/conekta/orders.ts";
import { conektaOrderReader } from "../../../src/adapters/conekta/read-order.ts";
import { conektaRefunds } from "../../../src/adapters/conekta/refund.ts";
import type { HttpCall, Reply, Transport } from "../../../src/adapters/conekta/transport.ts";
import type { ChargeIntent, LinkTerms } from "../../../src/application/ports/gateway.ts";
import type { Clock, Log, Random } from "../../../src/application/ports/runtime.ts";
import type { PaymentMethod } from "../../../src/domain/attempt.ts";
import type { ChargeFlow } from "../../../src/domain/ways-to-pay.ts";
import { GatewayRefused } from "../../../src/domain/errors.ts";
import type { RefundReason } from "../../../src/domain/refund.ts";
import type { Chance } from "../chance.ts";
import type { Report } from "../checks/violation.ts";
import type { GatewayPorts, HostileGateway } from "../gateway/hostile-gateway.ts";
import type { Sick } from "../gateway/sickness.ts";
import { TIMEOUT_MS } from "../gateway/station.ts";
import type { Timeline } from "../timeline.ts";
import { customerJson, listJson, orderJson, sourceJson, strangerJson } from "./wire-json.ts";
import { wireReplies } from "./wire-replies.ts";

/** So many orders of other people come for each that a list without a wire shows: more than a page. */
const STRANGERS_EACH = 8;
/** Few, so that a customer's cards fill several pages. */
const CARDS_A_PAGE = 2;

type Body = Readonly<Record<string, unknown>>;

export function conektaOverWire(needs: {
  readonly world: HostileGateway;
  readonly sick: Sick;
  readonly flow: ChargeFlow;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly report: Report;
}): GatewayPorts {
  const { world, sick, flow, timeline, chance, report } = needs;
  const { ports, ledger, station } = world;
  const replies = wireReplies(ledger, chance, () => timeline.nowMs());
  /** What became of each charge, by its reference. */
  const did = new Map<string, string>();

  async function send(call: HttpCall): Promise<Reply> {
    const [, kind, id = "", part, partId = ""] = call.path.split("/").map(decodeURIComponent);
    const body = (call.body ?? {}) as Body;
    const sickness = sicknessOf(kind, id, body);
    if (sickness !== null) {
      await timeline.pause(sickness === "nothing" ? TIMEOUT_MS : 200);
      return replies.ofSickness(sickness, call);
    }
    try {
      if (kind === "orders") return await orders(call, id, part, body);
      return await customers(call, id, part, partId, body);
    } catch (error) {
      return replies.ofError(error);
    }
  }

  function sicknessOf(kind: string | undefined, id: string, body: Body) {
    const named = (body["customer_info"] as { customer_id: string } | undefined)?.customer_id;
    const payer = kind === "orders" ? (named ?? ledger.orders.get(id)?.intent.customerId ?? "") : id;
    const isCharge = kind === "customers" || named !== undefined || body["reference_id"] !== undefined;
    return (isCharge ? sick.customers.get(payer) : sick.sicknessOfOrder(id)) ?? null;
  }

  async function orders({ method, query }: HttpCall, id: string, part: string | undefined, body: Body): Promise<Reply> {
    if (method === "GET") return id === "" ? await list(query ?? {}) : await read(id);
    if (part === "cancel") {
      await ports.cancelOrder(id);
      return replies.ok(orderJson(mustOrder(id), timeline.nowMs()));
    }
    if (part === "refunds") {
      const { amount, reason } = body as { amount: number; reason: RefundReason };
      return replies.ofRefund(await ports.refund(id, { amountCents: amount, reason }), id);
    }
    if (part === "charges") {
      const { amount, reference_id: reference } = body as { amount: number; reference_id: string };
      return await charge({ ...mustOrder(id).intent, amountCents: amount, reference }, id);
    }
    const intent = intentIn(body);
    if (body["charges"] !== undefined) return await charge(intent, null);
    if (body["checkout"] !== undefined)
      return replies.ofOutcome(await ports.openPaymentLink(intent, termsIn(body)), intent.invoiceId);
    return replies.ofOutcome(await ports.openOrder(intent), intent.invoiceId);
  }

  async function charge(intent: ChargeIntent, orderId: string | null): Promise<Reply> {
    const outcome = await ports.charge(intent, orderId);
    did.set(intent.reference, outcome.kind);
    return replies.ofOutcome(outcome, intent.invoiceId);
  }

  async function read(orderId: string): Promise<Reply> {
    await station.travel(`the order ${orderId}`);
    const seenAtMs = station.asOfMs();
    const order = mustOrder(orderId);
    if (order.createdAtMs > seenAtMs) throw notFound(orderId);
    return replies.ok(orderJson(order, seenAtMs));
  }

  async function list(query: Readonly<Record<string, string>>): Promise<Reply> {
    await station.travel("the list of orders");
    const seenAtMs = station.asOfMs();
    const [fromMs, toMs] = [Number(query["created_at.gte"]) * 1000, Number(query["created_at.lte"]) * 1000 + 999];
    const ours = ledger
      .madeBetween(fromMs, toMs)
      .filter(({ createdAtMs, listedAtMs }) => listedAtMs <= timeline.nowMs() && createdAtMs <= seenAtMs);
    const all: { readonly id: string; json(): Body }[] = [
      ...Array.from({ length: station.strangers * STRANGERS_EACH }, (_, number) => ({
        id: `ord_of_the_shop_${number}`,
        json: () => strangerJson(number, fromMs),
      })),
      ...ours.map((order) => ({ id: order.id, json: () => orderJson(order, seenAtMs) })),
    ];
    const first = query["next"] === undefined ? 0 : all.findIndex(({ id }) => id === query["next"]) + 1;
    const page = all.slice(first, first + Number(query["limit"]));
    const shown = page.map((each) => each.json());
    return replies.ok(listJson(shown, first + page.length < all.length));
  }

  async function customers(
    { method, query }: HttpCall,
    id: string,
    part: string | undefined,
    partId: string,
    body: Body,
  ): Promise<Reply> {
    if (id === "") {
      const { livemode } = await ports.probe(null);
      return replies.ok(listJson([{ object: "customer", id: "cus_any", livemode }], false));
    }
    if (part === undefined && method === "PUT") {
      await ports.changeDefault(id, String(body["default_payment_source_id"]));
      return replies.ok(listJson([], false));
    }
    if (part === undefined) return replies.ok(customerJson(await ports.readCustomer(id), chance.happens(0.5)));
    if (method === "POST") {
      const added = await ports.addPaymentSource(id, { tokenId: String(body["token_id"]) });
      // Conekta's answer calls even the first card no default.
      return replies.ok(sourceJson({ ...added, isDefault: false }));
    }
    if (method === "DELETE") {
      await ports.removePaymentSource(id, partId);
      return replies.ok({ object: "payment_source", id: partId });
    }
    const sources = await ports.listPaymentSources(id);
    const first = sources.findIndex((source) => source.id === query?.["next"]) + 1;
    const page = sources.slice(first, first + CARDS_A_PAGE);
    return replies.ok(listJson(page.map(sourceJson), first + page.length < sources.length));
  }

  function mustOrder(orderId: string) {
    const order = ledger.orders.get(orderId);
    if (order === undefined) throw notFound(orderId);
    return order;
  }

  const transport: Transport = { send, async [Symbol.asyncDispose]() {} };
  const sleep = (ms: number): Promise<void> => timeline.pause(ms);
  const caller = conektaCaller(transport, "https://api.conekta.example", { ...needs, sleep });
  const real = conektaOrders(transport, caller, { flow });
  return {
    ...real,
    ...conektaCustomers(caller, { pciDssLevel1: false }),
    ...conektaOrderReader(caller, { flow }),
    ...conektaOrderLister(caller, { flow }),
    ...conektaRefunds(transport, caller),
    clockEvidence: () => station.clockEvidence,
    async charge(intent, orderId) {
      did.delete(intent.reference);
      const outcome = await real.charge(intent, orderId);
      const happened = did.get(intent.reference);
      if (happened !== undefined && happened !== outcome.kind)
        report(
          "wire",
          `${intent.reference} is ${happened}, and the adapter reads ${outcome.kind} (${outcome.trace.because})`,
        );
      return outcome;
    },
  };
}

function notFound(orderId: string): GatewayRefused {
  return new GatewayRefused(`there is no order ${orderId}`, { httpStatus: 404, code: "resource_not_found.entity" });
}

/** What we asked for, from what was really sent: the amount is what the lines add up to, and no number where a charge differs. */
function intentIn(body: Body): ChargeIntent {
  const lines = body["line_items"] as { name: string; unit_price: number; quantity: number }[];
  const discounts = (body["discount_lines"] ?? []) as { amount: number }[];
  const charges = (body["charges"] ?? []) as { amount: number }[];
  const metadata = body["metadata"] as Readonly<Record<string, string | number>>;
  const discountCents = discounts.reduce((sum, { amount }) => sum + amount, 0);
  const taxes = (body["tax_lines"] ?? []) as { amount: number }[];
  const taxCents = taxes.reduce((sum, { amount }) => sum + amount, 0);
  const linesCents = lines.reduce((sum, line) => sum + line.unit_price * line.quantity, 0);
  const summedCents = linesCents - discountCents + taxCents;
  const isSum = charges.every(({ amount }) => amount === summedCents);
  return {
    ...{ reference: String(metadata["puntual_attempt"]), installationId: String(metadata["puntual_installation"]) },
    ...{ subscriptionId: String(metadata["puntual_subscription"]), invoiceId: String(metadata["puntual_invoice"]) },
    ...{ cycle: metadata["puntual_cycle"] === undefined ? null : Number(metadata["puntual_cycle"]) },
    currency: String(body["currency"]),
    customerId: (body["customer_info"] as { customer_id: string }).customer_id,
    ...{ amountCents: isSum ? summedCents : Number.NaN, discountCents, discounts: null, balanceCents: 0, taxes: null },
    lineItems: lines.map(({ name, unit_price: unitPriceCents, quantity }) => ({ name, unitPriceCents, quantity })),
  };
}

function termsIn(body: Body): LinkTerms {
  const checkout = body["checkout"] as { allowed_payment_methods: PaymentMethod[]; expires_at: number };
  return { methods: checkout.allowed_payment_methods, expiresAt: new Date(checkout.expires_at * 1000) };
}
