/**
 * The tokens the sandbox knows without having made them.
 *
 * `tok_test_*` are Conekta's own and behave as there. `tok_sandbox_*` are this sandbox's invention, for the
 * cases for which Conekta publishes no test card; the real service refuses them.
 *
 * @see Conekta API 2.3.0 specification, examples of `POST /customers`; CHANGELOGs and tests of Conekta's SDKs
 */
import type { Behaviour } from "./behaviour.ts";
import { type Card, cardFromNumber } from "./card.ts";
import { isDeclineName } from "./decline.ts";
import { canBeOnACard, isFaultKind } from "../faults/fault-kind.ts";

export type Tokenized = {
  readonly card: Card;
  readonly behaviour: Behaviour;
};

type TestCard = { readonly number: string; readonly behaviour: Behaviour };

const PAYS: Behaviour = { does: "pay" };

/** Published test numbers: they are no one's card. */
const TEST_CARDS: Readonly<Record<string, TestCard>> = {
  tok_test_visa_4242: { number: "4242424242424242", behaviour: PAYS },
  tok_test_visa_1881: { number: "4012888888881881", behaviour: PAYS },
  tok_test_mastercard_4444: { number: "5555555555554444", behaviour: PAYS },
  tok_test_mastercard_5100: { number: "5105105105105100", behaviour: PAYS },
  tok_test_amex_0005: { number: "378282246310005", behaviour: PAYS },
  tok_test_amex_8431: { number: "371449635398431", behaviour: PAYS },
  tok_test_card_declined: { number: "4000000000000002", behaviour: { does: "decline", decline: "card_declined" } },
  tok_test_insufficient_funds: {
    number: "4000000000000127",
    behaviour: { does: "decline", decline: "insufficient_funds" },
  },
};

const SANDBOX_NUMBER = "4242424242424242";

/** Null when the token is not one of the known ones. */
export function knownToken(token: string, now: Date): Tokenized | null {
  const test = TEST_CARDS[token];
  if (test !== undefined) return { card: testCard(test.number, now, 5), behaviour: test.behaviour };

  const name = /^tok_sandbox_(.+)$/.exec(token)?.[1];
  if (name === undefined) return null;

  const behaviour = sandboxBehaviour(name);
  if (behaviour === null) return null;
  return { card: testCard(SANDBOX_NUMBER, now, expiryYears(name)), behaviour };
}

/** Conekta's test number for a 3DS challenge; it has no token. See the e2e tests of Conekta's plugin for WooCommerce. */
const CHALLENGE_NUMBER = "4000000000001091";

/** Raw numbers that are test cards behave as their tokens do; any other number pays. */
export function behaviourOfNumber(number: string): Behaviour {
  if (number === CHALLENGE_NUMBER) return { does: "ask-3ds-if-strict" };
  return Object.values(TEST_CARDS).find((test) => test.number === number)?.behaviour ?? PAYS;
}

function sandboxBehaviour(name: string): Behaviour | null {
  if (name === "pays" || name === "expires_this_month") return PAYS;
  if (name === "3ds") return { does: "ask-3ds" };
  if (name === "pending") return { does: "stay-pending" };
  if (name === "under_review") return { does: "go-to-review" };
  if (isDeclineName(name)) return { does: "decline", decline: name };

  const fault = /^fault_(.+)$/.exec(name)?.[1];
  if (fault !== undefined) return isFaultKind(fault) && canBeOnACard(fault) ? { does: "fault", kind: fault } : null;

  // tok_sandbox_declines_2_then_pays, tok_sandbox_insufficient_funds_2_then_pays
  const declinesFirst = /^(.+)_(\d{1,3})_then_pays$/.exec(name);
  if (declinesFirst !== null) {
    const decline = declinesFirst[1] === "declines" ? "card_declined" : declinesFirst[1];
    if (decline === undefined || !isDeclineName(decline)) return null;
    return { does: "decline-first", decline, times: Number(declinesFirst[2]) };
  }

  // tok_sandbox_pays_2_then_declines, tok_sandbox_pays_2_then_stolen_card
  const paysFirst = /^pays_(\d{1,3})_then_(.+)$/.exec(name);
  if (paysFirst === null) return null;
  const decline = paysFirst[2] === "declines" ? "card_declined" : paysFirst[2];
  if (decline === undefined || !isDeclineName(decline)) return null;
  return { does: "pay-first", decline, times: Number(paysFirst[1]) };
}

function expiryYears(name: string): number {
  if (name === "expired_card") return -1;
  return name === "expires_this_month" ? 0 : 5;
}

/** Conekta's test sources bear this name and expire in the current month of a later year. */
function testCard(number: string, now: Date, yearsAhead: number): Card {
  const month = String(now.getUTCMonth() + 1).padStart(2, "0");
  return cardFromNumber(number, "Jorge Lopez", month, String(now.getUTCFullYear() + yearsAhead).slice(-2));
}
