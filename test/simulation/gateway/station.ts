/**
 * What every part of the hostile gateway shares: its ledger, the weather of the moment, its spells of silence, and how
 * a call travels to it.
 */
import { GatewayUnauthorized, GatewayUnavailable } from "../../../src/domain/errors.ts";
import { type ClockEvidence, NOTHING_ANSWERED, withAnswer } from "../../../src/domain/clock-check.ts";
import type { ChargeIntent } from "../../../src/application/ports/gateway.ts";
import type { Trace } from "../../../src/domain/attempt.ts";
import type { Chance } from "../chance.ts";
import type { Ledger, LedgerOrder } from "../ledger.ts";
import type { Timeline } from "../timeline.ts";
import type { Trace as SimulationTrace } from "../trace.ts";
import { CHARGE_FAULTS, type ChargeFault, type Weather } from "../weather.ts";

export const TIMEOUT_MS = 30_000;
/** How long after its timeout a call may still act. */
export const LATEST_ACT_MS = 4 * 60_000;

/** Told when the first byte leaves. @param what a charge of the customer's card, or a hosted page */
export type OnSend = (intent: ChargeIntent, orderId: string | null, what: "charge" | "page") => void | Promise<void>;

export type Spell = "unauthorized" | "silent";

export type Station = {
  readonly ledger: Ledger;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly trace: SimulationTrace;
  /** Faults struck so far, by kind. */
  readonly faults: Record<string, number>;
  /** Orders of other people in each list. */
  readonly strangers: number;
  weather: Weather;
  /** By the answers so far, as the real adapter reads it from the header `Date`. */
  clockEvidence: ClockEvidence;
  /** An answer arrives. */
  answered(): void;
  spellUntilMs: number;
  spellKind: Spell;
  readonly strike: (fault: string) => void;
  currentSpell(): Spell | null;
  /**
   * A call travels, and may find nobody. @throws for reads and people's calls
   * @param tries how often the adapter repeats it: each of them has to fail
   */
  travel(what: string, tries?: number): Promise<void>;
  /** The past that a read shows, where reads lag. */
  asOfMs(): number;
};

export function newStation(
  needs: Pick<Station, "ledger" | "timeline" | "chance" | "trace" | "weather" | "strangers">,
): Station {
  const { timeline, chance } = needs;
  const station: Station = {
    ...needs,
    faults: {},
    clockEvidence: NOTHING_ANSWERED,
    answered: () => {
      const [dateMs, wallMs] = [timeline.nowMs(), timeline.clock.now().getTime()];
      const answer = { dateMs, wallMs, monotonicMs: timeline.clock.monotonicMs() };
      station.clockEvidence = withAnswer(station.clockEvidence, answer);
    },
    spellUntilMs: 0,
    spellKind: "silent",
    strike: (fault) => {
      station.faults[fault] = (station.faults[fault] ?? 0) + 1;
    },
    currentSpell: () => (timeline.nowMs() < station.spellUntilMs ? station.spellKind : null),
    travel: async (what, tries = 1) => {
      await timeline.pause(chance.between(40, 900));
      const spell = station.currentSpell();
      if (spell === "unauthorized") throw new GatewayUnauthorized(`401 at ${what}`);
      if (spell === "silent" || chance.happens(station.weather.readFailureRate ** tries)) {
        station.strike("failing_read");
        throw new GatewayUnavailable(`no answer at ${what}`);
      }
      station.answered();
    },
    asOfMs: () => {
      const { readLagMsMax } = station.weather;
      return timeline.nowMs() - (readLagMsMax === 0 ? 0 : chance.between(0, readLagMsMax));
    },
  };
  return station;
}

export function mustOrder({ ledger }: Station, orderId: string): LedgerOrder {
  const order = ledger.orders.get(orderId);
  if (order === undefined) throw new Error(`the simulated gateway has no order ${orderId}`);
  return order;
}

export function traceOf(httpStatus: number | null, because: string): Trace {
  return { httpStatus, logId: null, because };
}

/** From when on the lists show a new order, and what its `payment_status` says. */
export function listing({ weather, timeline, chance, strike }: Station): Pick<LedgerOrder, "listedAtMs" | "liesAbout"> {
  const { listLagMsMax, disagreementRate } = weather;
  const listLagMs = listLagMsMax === 0 ? 0 : chance.between(0, listLagMsMax);
  const liesAbout = chance.happens(disagreementRate) ? chance.pick(["declined", "pending_payment"] as const) : null;
  if (liesAbout !== null) strike("payment_status_disagrees");
  if (listLagMs > 60_000) strike("incomplete_list");
  return { listedAtMs: timeline.nowMs() + listLagMs, liesAbout };
}

/** What becomes of a call that is sent once. */
export function drawFault({ chance, weather }: Station): ChargeFault | null {
  for (const fault of CHARGE_FAULTS) if (chance.happens(weather.chargeFaults[fault])) return fault;
  return null;
}
