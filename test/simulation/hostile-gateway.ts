/**
 * A gateway that does its worst within what a gateway may do: it acts without answering, answers without acting, acts
 * late, lags, forgets, contradicts itself and goes away for hours. What really happened is in its ledger.
 *
 * It fills the `Gateway` port. The judgement of what an order shows is the real adapter's (`sightingOf`), so that
 * contradictions between `payment_status` and charges meet the real rules.
 */
import { rowOf } from "../../src/adapters/conekta/declines.ts";
import { sightingOf } from "../../src/adapters/conekta/sighting.ts";
import type { ChargeIntent, Gateway, GatewayCustomer, OpenedOrder, Sighting } from "../../src/application/ports.ts";
import type { Outcome, Trace } from "../../src/domain/attempt.ts";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../src/domain/errors.ts";
import type { Chance } from "./chance.ts";
import { newLedger, statusOf, type Ledger, type LedgerCharge, type LedgerOrder } from "./ledger.ts";
import { orderView } from "./order-view.ts";
import type { Timeline } from "./timeline.ts";
import type { Trace as SimulationTrace } from "./trace.ts";
import { CHARGE_FAULTS, type ChargeFault, type Weather } from "./weather.ts";

export const TIMEOUT_MS = 30_000;
/** How long after its timeout a call may still act. */
const LATEST_ACT_MS = 4 * 60_000;
const DAY_MS = 86_400_000;

export type HostileGateway = Gateway & {
  readonly ledger: Ledger;
  /** Faults struck so far, by kind. */
  readonly faults: Record<string, number>;
  setWeather(weather: Weather): void;
  /** From now on, and so long, every call is answered like that. */
  beginSpell(kind: "unauthorized" | "silent", durationMs: number): void;
  spellEndsAtMs(): number;
  /** What a read shows now, without any fault but the lag. */
  glance(orderId: string, reference: string, lagMs: number): Sighting | null;
  addCustomer(customer: Omit<GatewayCustomer, "livemode">, declines: boolean): void;
  /** The customer's bank from now on. */
  setMood(customerId: string, mood: "pays" | "declines"): void;
};

type Needs = {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly trace: SimulationTrace;
  readonly weather: Weather;
  /** Called when the first byte of a charge leaves. */
  readonly onSend: (intent: ChargeIntent, orderId: string | null) => void | Promise<void>;
};

export function hostileGateway({ timeline, chance, trace, weather: first, onSend }: Needs): HostileGateway {
  const ledger = newLedger();
  const customers = new Map<string, GatewayCustomer>();
  const moods = new Map<string, "pays" | "declines">();
  const faults: Record<string, number> = {};
  let weather = first;
  /** By the newest answer, as the real adapter reads it from the header `Date`. */
  let seenSkewMs: number | null = null;
  let spell: { kind: "unauthorized" | "silent"; untilMs: number } | null = null;

  function strike(fault: string): void {
    faults[fault] = (faults[fault] ?? 0) + 1;
  }

  function currentSpell(): "unauthorized" | "silent" | null {
    return spell !== null && timeline.nowMs() < spell.untilMs ? spell.kind : null;
  }

  /** A call travels, and may find nobody. @throws for reads and people's calls */
  async function travel(what: string, mayFail = true): Promise<void> {
    await timeline.pause(chance.between(40, 900));
    const state = currentSpell();
    if (state === "unauthorized") throw new GatewayUnauthorized(`401 at ${what}`);
    if (state === "silent" || (mayFail && chance.happens(weather.readFailureRate))) {
      strike("failing_read");
      throw new GatewayUnavailable(`no answer at ${what}`);
    }
    seenSkewMs = timeline.skewMs();
  }

  function asOfMs(): number {
    return timeline.nowMs() - (weather.readLagMsMax === 0 ? 0 : chance.between(0, weather.readLagMsMax));
  }

  function newOrder(intent: ChargeIntent): LedgerOrder {
    const atMs = timeline.nowMs();
    const listLagMs = weather.listLagMsMax === 0 ? 0 : chance.between(0, weather.listLagMsMax);
    const liesAbout = chance.happens(weather.disagreementRate)
      ? chance.pick(["declined", "pending_payment"] as const)
      : null;
    if (liesAbout !== null) strike("payment_status_disagrees");
    if (listLagMs > 60_000) strike("incomplete_list");
    return ledger.createOrder(intent, atMs, { listedAtMs: atMs + listLagMs, liesAbout });
  }

  /** The charge happens: money moves, or the bank declines, or somebody has to wait. */
  function act(intent: ChargeIntent, orderId: string | null): { order: LedgerOrder; charge: LedgerCharge | null } {
    const order = orderId === null ? newOrder(intent) : mustOrder(ledger, orderId);
    const now = timeline.nowMs();
    if (chance.happens(weather.pendingRate)) {
      strike("pending");
      return { order, charge: wait(order, intent) };
    }
    const declines = moods.get(intent.customerId) === "declines" || chance.happens(weather.declineRate);
    const failureCode = declines ? chance.pick(FAILURE_CODES) : null;
    const status = declines ? "declined" : "paid";
    trace.note(now, `gateway.${status}`, intent.reference);
    return { order, charge: ledger.addCharge(order, intent, now, { status, failureCode }) };
  }

  /** 3DS, or a review: turns into an end by itself minutes or days later, or never. */
  function wait(order: LedgerOrder, intent: ChargeIntent): LedgerCharge | null {
    const delayMs = Math.round(chance.fraction() ** 3 * 12 * DAY_MS) + 1000;
    const end = chance.weighted<"paid" | "declined" | "expired" | "never">({
      paid: 5,
      declined: 3,
      expired: 2,
      never: 1,
    });
    trace.note(timeline.nowMs(), "gateway.pending", intent.reference);
    if (chance.happens(0.4)) {
      order.awaitsCustomer = { fromMs: timeline.nowMs(), untilMs: Infinity };
      timeline.after(delayMs, () => {
        if (order.canceledAtMs !== null || end === "never" || end === "expired") return;
        if (order.awaitsCustomer !== null) order.awaitsCustomer.untilMs = timeline.nowMs();
        trace.note(timeline.nowMs(), `gateway.${end}`, intent.reference);
        ledger.addCharge(order, intent, timeline.nowMs(), {
          status: end,
          failureCode: end === "paid" ? null : "card_declined",
        });
      });
      return null;
    }
    const waiting = ledger.addCharge(order, intent, timeline.nowMs(), { status: "pending_payment" });
    timeline.after(delayMs, () => {
      if (end === "never" || statusOf(waiting) !== "pending_payment") return;
      trace.note(timeline.nowMs(), `gateway.${end}`, intent.reference);
      ledger.turn(waiting, timeline.nowMs(), end);
    });
    return waiting;
  }

  function isGuarded(order: LedgerOrder): boolean {
    const hasCharge = order.charges.some((each) => ["paid", "pending_payment"].includes(statusOf(each)));
    const awaits = order.awaitsCustomer !== null && timeline.nowMs() < order.awaitsCustomer.untilMs;
    return weather.guardHolds && (hasCharge || awaits);
  }

  function answerFrom(intent: ChargeIntent, order: LedgerOrder, acted: LedgerCharge | null): Outcome {
    const code = acted?.failureCode ?? null;
    if (code !== null && rowOf(code)?.treatment === "look") return unknown(order.id, 402, `the bank said ${code}`);
    const quest = { reference: intent.reference, flow: weather.flow, amountCents: intent.amountCents, isAnswer: true };
    const sighting = sightingOf(orderView(order, timeline.nowMs()), quest);
    if (sighting.kind === "absent") return unknown(order.id, 200, "the answer shows no charge");
    return sighting;
  }

  async function charge(intent: ChargeIntent, orderId: string | null): Promise<Outcome> {
    const fault = drawFault();
    if (fault === "not_sent") {
      strike(fault);
      await timeline.pause(chance.between(1, 3000));
      return { kind: "not_sent", unauthorized: false, trace: traceOf(null, "connection refused") };
    }
    await onSend(intent, orderId);
    trace.note(timeline.nowMs(), "gateway.receives", intent.reference);
    const latencyMs = chance.between(80, 4000);
    if (currentSpell() === "unauthorized") {
      await timeline.pause(latencyMs);
      return { kind: "not_sent", unauthorized: true, trace: traceOf(401, "the key is not accepted") };
    }
    if (currentSpell() === "silent") return await silence(chance.happens(0.5) ? 503 : null, orderId);
    if (fault !== null) strike(fault);
    switch (fault) {
      case "too_many_requests":
        await timeline.pause(latencyMs);
        return { kind: "not_sent", unauthorized: false, trace: traceOf(429, "too many requests") };
      case "refused":
        await timeline.pause(latencyMs);
        return {
          kind: "refused",
          failureCode: "parameter_validation",
          failureMessage: null,
          trace: traceOf(422, "our data is refused"),
        };
      case "lost_before_acting":
        return await silence(null, orderId);
      case "server_error_before_acting":
        return await silence(500, orderId);
      case "acts_late": {
        timeline.after(chance.between(1, TIMEOUT_MS + LATEST_ACT_MS), () => void actUnlessGuarded(intent, orderId));
        return await silence(null, orderId);
      }
      case "lost_after_acting":
      case "server_error_after_acting": {
        await timeline.pause(latencyMs);
        actUnlessGuarded(intent, orderId);
        return await silence(fault === "lost_after_acting" ? null : 504, orderId);
      }
      case "wrong_answer":
      case null: {
        await timeline.pause(latencyMs);
        const acted = actUnlessGuarded(intent, orderId);
        if (acted === "canceled")
          return {
            kind: "refused",
            failureCode: null,
            failureMessage: null,
            trace: traceOf(422, "the order is canceled"),
          };
        if (acted === "guarded") return unknown(orderId, 428, "the order has a charge already");
        const outcome = answerFrom(intent, acted.order, acted.charge);
        await timeline.pause(chance.between(1, 300));
        seenSkewMs = timeline.skewMs();
        return fault === "wrong_answer" ? spoiled(outcome) : outcome;
      }
      default:
        return fault satisfies never;
    }
  }

  function drawFault(): ChargeFault | null {
    for (const fault of CHARGE_FAULTS) if (chance.happens(weather.chargeFaults[fault])) return fault;
    return null;
  }

  function actUnlessGuarded(intent: ChargeIntent, orderId: string | null) {
    if (orderId !== null && mustOrder(ledger, orderId).canceledAtMs !== null) return "canceled";
    if (orderId !== null && isGuarded(mustOrder(ledger, orderId))) return "guarded";
    return act(intent, orderId);
  }

  async function silence(httpStatus: number | null, orderId: string | null): Promise<Outcome> {
    await timeline.pause(httpStatus === null ? TIMEOUT_MS : chance.between(100, TIMEOUT_MS - 1000));
    return unknown(orderId, httpStatus, httpStatus === null ? "no answer" : "the server failed");
  }

  function spoiled(outcome: Outcome): Outcome {
    if (outcome.kind !== "paid") return outcome;
    const { payment } = outcome;
    const wrong = chance.pick([
      { ...payment, amountCents: payment.amountCents + 100 },
      { ...payment, currency: "USD" },
      { ...payment, customerId: "cus_of_somebody_else" },
      { ...payment, livemode: true },
    ]);
    return { ...outcome, payment: wrong };
  }

  async function openOrder(intent: ChargeIntent): Promise<OpenedOrder> {
    await timeline.pause(chance.between(40, 2000));
    const state = currentSpell();
    if (state !== null)
      return { kind: "not_sent", unauthorized: state === "unauthorized", trace: traceOf(null, "no order came back") };
    if (chance.happens(weather.lostOrderRate)) {
      strike("lost_order");
      if (chance.happens(0.5)) newOrder(intent);
      await timeline.pause(chance.between(1, TIMEOUT_MS));
      return { kind: "not_sent", unauthorized: false, trace: traceOf(null, "no order came back") };
    }
    seenSkewMs = timeline.skewMs();
    return { kind: "opened", orderId: newOrder(intent).id };
  }

  function glance(orderId: string, reference: string, lagMs: number): Sighting | null {
    const order = ledger.orders.get(orderId);
    const seenAtMs = timeline.nowMs() - lagMs;
    if (order === undefined || order.createdAtMs > seenAtMs) return null;
    return sightingOf(orderView(order, seenAtMs), {
      reference,
      flow: weather.flow,
      amountCents: null,
      isAnswer: false,
    });
  }

  return {
    ledger,
    faults,
    setWeather: (next) => {
      weather = next;
    },
    beginSpell: (kind, durationMs) => {
      strike(`spell_${kind}`);
      spell = { kind, untilMs: timeline.nowMs() + durationMs };
    },
    spellEndsAtMs: () => spell?.untilMs ?? 0,
    glance,
    addCustomer: (customer, declines) => {
      customers.set(customer.id, { ...customer, livemode: false });
      moods.set(customer.id, declines ? "declines" : "pays");
    },
    setMood: (customerId, mood) => void moods.set(customerId, mood),
    charge,
    openOrder,
    async findCharges({ from, to }, intents) {
      await travel("the list of orders");
      const seenAtMs = asOfMs();
      const now = timeline.nowMs();
      const listed = [...ledger.orders.values()].filter(
        ({ createdAtMs, listedAtMs }) =>
          createdAtMs >= from.getTime() && createdAtMs <= to.getTime() && listedAtMs <= now && createdAtMs <= seenAtMs,
      );
      return new Map(intents.map((intent) => [intent.reference, foundIn(listed, intent, seenAtMs)]));
    },
    async readCharge(orderId, reference) {
      await travel(`the order ${orderId}`);
      const seen = glance(orderId, reference, timeline.nowMs() - asOfMs());
      if (seen === null) throw new GatewayRefused(`there is no order ${orderId}`, { httpStatus: 404, code: null });
      return seen;
    },
    async cancelOrder(orderId) {
      await travel(`canceling ${orderId}`);
      const order = mustOrder(ledger, orderId);
      const waiting = order.charges.filter((each) => statusOf(each) === "pending_payment");
      const awaits = order.awaitsCustomer !== null && timeline.nowMs() < order.awaitsCustomer.untilMs;
      const isOver = order.canceledAtMs !== null || (waiting.length === 0 && !awaits);
      if (isOver || order.charges.some((each) => statusOf(each) === "paid"))
        throw new GatewayRefused("the order cannot be canceled", { httpStatus: 422, code: null });
      for (const each of waiting) ledger.turn(each, timeline.nowMs(), "canceled");
      if (order.awaitsCustomer !== null) order.awaitsCustomer.untilMs = timeline.nowMs();
      order.canceledAtMs = timeline.nowMs();
      if (chance.happens(weather.readFailureRate)) throw new GatewayUnavailable("the order was canceled; no answer");
    },
    async probe() {
      await travel("a probe", false);
      return { livemode: false };
    },
    async readCustomer(customerId) {
      await travel(`the customer ${customerId}`);
      const customer = customers.get(customerId);
      if (customer === undefined) throw new GatewayRefused("no such customer", { httpStatus: 404, code: null });
      return customer;
    },
    clockSkewMs: () => seenSkewMs,
    createCustomer: notSimulated,
    addPaymentSource: notSimulated,
    listPaymentSources: notSimulated,
    changeDefault: notSimulated,
    removePaymentSource: notSimulated,
  };

  function foundIn(listed: readonly LedgerOrder[], intent: ChargeIntent, seenAtMs: number): Sighting {
    const { reference, amountCents } = intent;
    const sightings = listed
      .filter(
        (order) => order.intent.reference === reference || order.charges.some((each) => each.reference === reference),
      )
      .map((order) =>
        sightingOf(orderView(order, seenAtMs), { reference, flow: weather.flow, amountCents, isAnswer: false }),
      );
    const best = PREFERENCE.flatMap((kind) => sightings.find((each) => each.kind === kind) ?? [])[0];
    return best ?? { kind: "absent", trace: traceOf(200, "the list shows no order of this attempt") };
  }
}

const PREFERENCE = ["paid", "pending", "unknown", "declined", "absent"] as const;

/** One of each class, and one that the bank did not decide. */
const FAILURE_CODES = [
  "insufficient_funds",
  "insufficient_funds",
  "card_declined",
  "card_declined",
  "restricted_card",
  "expired_card",
  "lost_card",
  "format_error",
  "a_code_nobody_knows",
  "general_error",
] as const;

function mustOrder(ledger: Ledger, orderId: string): LedgerOrder {
  const order = ledger.orders.get(orderId);
  if (order === undefined) throw new Error(`the simulated gateway has no order ${orderId}`);
  return order;
}

function traceOf(httpStatus: number | null, because: string): Trace {
  return { httpStatus, logId: null, because };
}

function unknown(orderId: string | null, httpStatus: number | null, because: string): Outcome {
  return { kind: "unknown", orderId, trace: traceOf(httpStatus, because) };
}

function notSimulated(): never {
  throw new Error("people's calls about cards are not simulated");
}
