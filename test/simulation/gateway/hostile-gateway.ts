/**
 * A gateway that does its worst within what a gateway may do: it acts without answering, answers without acting, acts
 * late, lags, forgets, contradicts itself and goes away for hours. What really happened is in its ledger.
 *
 * It fills the ports of the real adapter, whose judgement of what an order shows (`inquiryAnswerOf`) it borrows, so that
 * contradictions between `payment_status` and charges meet the real rules.
 */
import type { Gateway } from "../../../src/application/ports/gateway.ts";
import type { OrderLister } from "../../../src/application/ports/reconcile.ts";
import type { Refunder } from "../../../src/application/ports/refunds.ts";
import type { OrderReader } from "../../../src/application/ports/webhooks.ts";
import type { Chance } from "../chance.ts";
import { hostileCharging } from "./charging.ts";
import { hostileLinking } from "./linking.ts";
import { hostileReading } from "./reading.ts";
import { hostileRefunding } from "./refunding.ts";
import { newStation, type OnSend, type Spell, type Station } from "./station.ts";
import { hostileWallets, type Wallets } from "./wallets.ts";
import type { Ledger } from "../ledger.ts";
import { pageVisitors } from "../page-visitors.ts";
import type { Timeline } from "../timeline.ts";
import type { Trace } from "../trace.ts";
import type { Weather } from "../weather.ts";

/** The ports that the real adapter fills. */
export type GatewayPorts = Gateway & OrderReader & OrderLister & Refunder;

export type HostileGateway = {
  readonly ports: GatewayPorts;
  readonly ledger: Ledger;
  readonly station: Station;
  /** Faults struck so far, by kind. */
  readonly faults: Record<string, number>;
  setWeather(weather: Weather): void;
  /** From now on, and so long, every call is answered like that. */
  beginSpell(kind: Spell, durationMs: number): void;
  spellEndsAtMs(): number;
  readonly wallets: Omit<Wallets, "ports">;
};

type Needs = {
  readonly ledger: Ledger;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly trace: Trace;
  readonly weather: Weather;
  /** Orders of other people in each list. */
  readonly strangers: number;
  readonly onSend: OnSend;
  /** Whether the books tell the address of the page that was made for this attempt. */
  readonly isTold: (reference: string) => Promise<boolean>;
  /** Nobody pays a page any more. */
  readonly isOver: () => boolean;
  /** A webhook about this customer. */
  readonly onCustomer: (customerId: string) => void;
};

export function hostileGateway({ onSend, isTold, isOver, onCustomer, ...needs }: Needs): HostileGateway {
  const station = newStation(needs);
  const wallets = hostileWallets(station, onCustomer);
  const visitors = pageVisitors(station, wallets, { isTold, isOver });
  return {
    ports: {
      ...hostileCharging(station, wallets, onSend),
      ...hostileLinking(station, onSend, (order) => visitors.expect(order)),
      ...hostileReading(station, visitors),
      ...hostileRefunding(station),
      ...wallets.ports,
      clockEvidence: () => station.clockEvidence,
    },
    ledger: station.ledger,
    station,
    faults: station.faults,
    setWeather: (next) => {
      station.weather = next;
    },
    beginSpell: (kind, durationMs) => {
      station.strike(`spell_${kind}`);
      station.spellKind = kind;
      station.spellUntilMs = station.timeline.nowMs() + durationMs;
    },
    spellEndsAtMs: () => station.spellUntilMs,
    wallets,
  };
}
