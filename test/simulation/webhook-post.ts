/**
 * The post of the simulated Conekta: letters about what befell its orders come late, twice and in any order; and
 * between them letters that somebody forged, and genuine ones that say what is not so.
 *
 * Who is not answered with 200 delivers again, with growing waits, and gives up in the end.
 */
import type { Chance } from "./chance.ts";
import type { ChargeStatus, Ledger, LedgerCharge } from "./ledger.ts";
import type { Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";
import { forgedLetter, genuineLetter, type EventBody, type Letter } from "./webhook-letter.ts";
import type { Weather } from "./weather.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const ANSWER_WITHIN_MS = 30_000;
const MOST_DELIVERIES = 8;

/** @returns the HTTP status; never resolves when the process dies meanwhile; null: nobody listens */
export type Door = (letter: Letter) => Promise<number> | null;

export type Post = {
  /** Everything that befalls an order, of which a share is told. */
  tell(orderId: string, status: ChargeStatus): void;
  /** A card of the customer changed. */
  tellOfCustomer(customerId: string): void;
  /** A letter that nobody at Conekta wrote. */
  forge(): void;
  /** A genuine letter that says what is not so. */
  lie(): void;
  readonly faults: Record<string, number>;
};

const TYPES: Readonly<Record<ChargeStatus, string>> = {
  paid: "order.paid",
  declined: "order.declined",
  pending_payment: "order.pending_payment",
  expired: "order.expired",
  canceled: "order.canceled",
  refunded: "order.refunded",
  partially_refunded: "order.partially_refunded",
  charged_back: "order.charged_back",
};

export function webhookPost(needs: {
  readonly chance: Chance;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly weather: Weather;
  readonly ledger: () => Ledger;
  readonly door: Door;
}): Post {
  const { chance, timeline, trace, weather } = needs;
  const faults: Record<string, number> = {};
  let made = 0;

  function count(what: string): void {
    faults[what] = (faults[what] ?? 0) + 1;
  }

  function bodyAbout(orderId: string, type: string, more: Partial<EventBody> = {}): EventBody {
    made += 1;
    const object = { object: "order", id: orderId, payment_status: type.slice("order.".length) };
    return { id: `evt_letter_${made}`, type, atMs: timeline.nowMs(), object, ...more };
  }

  function deliver(letter: Letter, tries: number): void {
    let isAnswered = false;
    const again = (): void => {
      if (tries < MOST_DELIVERIES) timeline.after(MINUTE_MS * 4 ** (tries - 1), () => deliver(letter, tries + 1));
    };
    const answer = needs.door(letter);
    if (answer === null) return again();
    void answer.then((status) => {
      isAnswered = true;
      if (status !== 200) trace.note(timeline.nowMs(), `letter refused with ${status}`, letter.eventId);
      if (status >= 500) again();
    });
    timeline.after(ANSWER_WITHIN_MS, () => {
      if (!isAnswered) again();
    });
  }

  /** Most come within seconds; some hours or days later. */
  function send(letter: Letter): void {
    const delayMs = chance.happens(0.9) ? chance.between(200, 20_000) : Math.round(chance.fraction() ** 3 * 5 * DAY_MS);
    timeline.after(delayMs, () => deliver(letter, 1));
  }

  function anyOrder(): { id: string; charges: readonly LedgerCharge[] } | null {
    const { charges, orders } = needs.ledger();
    if (charges.length === 0) return null;
    const recent = charges.slice(-30);
    return orders.get(chance.pick(recent).orderId) ?? null;
  }

  return {
    faults,
    tellOfCustomer: (customerId) => {
      if (!chance.happens(weather.webhookShare)) return;
      count("webhook_customer");
      const about = { object: { object: "customer", id: customerId } };
      send(genuineLetter(bodyAbout("", "customer.updated", about), chance));
    },
    tell: (orderId, status) => {
      if (!chance.happens(weather.webhookShare)) return;
      count("webhook");
      const letter = genuineLetter(bodyAbout(orderId, TYPES[status]), chance);
      send(letter);
      if (!chance.happens(0.15)) return;
      count("webhook_twice");
      send(letter);
    },
    forge: () => {
      const order = anyOrder();
      if (order === null) return;
      count("webhook_forged");
      send(forgedLetter(bodyAbout(order.id, chance.pick(["order.paid", "order.declined"])), chance));
    },
    lie: () => {
      const order = anyOrder();
      if (order === null) return;
      count("webhook_untrue");
      const type = chance.pick([...Object.values(TYPES), "charge.paid", "charge.chargeback.lost"]);
      const body = chance.pick<() => EventBody>([
        () => bodyAbout(order.id, type),
        () => bodyAbout(order.id, type),
        () => bodyAbout("ord_of_nobody", type),
        () => bodyAbout(order.id, type, { livemode: true }),
        () => bodyAbout(order.id, "order.of_no_known_kind"),
        () => bodyAbout("", "customer.updated", { object: { object: "customer", id: "cus_000" } }),
        () =>
          bodyAbout("", "charge.chargeback.created", {
            object: { object: "chargeback", charge_id: order.charges[0]?.id ?? "cha_of_nobody" },
          }),
      ])();
      send(genuineLetter(body, chance));
    },
  };
}
