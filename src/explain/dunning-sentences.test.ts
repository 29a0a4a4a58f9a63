import { describe, expect, test } from "@jest/globals";
import type { Rule } from "../domain/dunning/dunning.ts";
import { ruleClause } from "./dunning-sentences.ts";

/** One row for each name at least: a new rule without a row does not compile. */
const RULES = {
  retry_days: [
    { name: "retry_days", days: 3, retry: 2, of: 3 },
    "reintento 2 de 3, 3 días después del rechazo",
    "retry 2 of 3, 3 days after the decline",
  ],
  payday: [
    { name: "payday", payday: "2026-12-15", insteadOf: "2026-12-04", retry: 2, of: 3 },
    "reintento 2 de 3, movido del viernes 4 de diciembre de 2026 al día de pago, porque a la tarjeta le faltaban fondos",
    "retry 2 of 3, moved from Friday 4 December 2026 to payday, because the card lacked funds",
  ],
  retry_minutes: [
    { name: "retry_minutes", minutes: 60, retry: 1, of: 3 },
    "reintento 1 de 3, 60 min después, porque falló el banco o la red",
    "retry 1 of 3, 60 min later, because the bank or the network failed",
  ],
  unrecognized_once: [
    { name: "unrecognized_once", days: 1 },
    "un código desconocido se intenta una vez más, 1 día después",
    "an unknown code is tried once more, 1 day later",
  ],
  unanswered_once: [
    { name: "unanswered_once", days: 1 },
    "nadie respondió lo que pidió el banco (3DS), y la tarjeta se intenta una vez más, 1 día después",
    "nobody answered what the bank asked (3DS), and the card is tried once more, 1 day later",
  ],
  new_card: [
    { name: "new_card" },
    "el cliente tiene otra tarjeta, que se intenta enseguida y una sola vez",
    "the customer has another card, which is tried at once, and once",
  ],
  card_untried: [
    { name: "card_untried" },
    "la tarjeta del cliente nunca se intentó para esta factura: se intenta una sola vez",
    "the customer's card was never tried for this invoice: it is tried once",
  ],
  retries_used_up: [
    { name: "retries_used_up", retries: 3 },
    "se agotaron los 3 reintentos",
    "the 3 retries are used up",
  ],
  window_over: [
    { name: "window_over", windowDays: 30, wouldBeAt: "2026-12-15T15:00:00Z" },
    "el siguiente reintento, el martes 15 de diciembre de 2026, 09:00, quedaría fuera de la ventana de 30 días",
    "the next retry, on Tuesday 15 December 2026, 09:00, would be outside the window of 30 days",
  ],
  card_never_pays: [
    { name: "card_never_pays", declineClass: "never_again" },
    "esta tarjeta no se reintenta por sí sola: esta tarjeta no debe volver a intentarse",
    "this card is not tried again by itself: this card must never be tried again",
  ],
  our_fault: [
    { name: "our_fault" },
    "la cuenta del comercio o los datos enviados impiden el cargo; otra tarjeta no lo arregla",
    "the merchant's account or the data that was sent prevents the charge; no card mends that",
  ],
  wait_over: [{ name: "wait_over", days: 14 }, "no llegó otra tarjeta en 14 días", "no other card came within 14 days"],
  link_not_paid: [
    { name: "link_not_paid", days: 5 },
    "nadie pagó con la liga en 5 días",
    "nobody paid by the link within 5 days",
  ],
  daily_limit: [
    { name: "daily_limit", charges: 3 },
    "este cobro ya tuvo 3 cargos en 24 horas",
    "this invoice was charged 3 times within 24 hours already",
  ],
  link_closed: [
    { name: "link_closed", days: 7 },
    "no hay una liga abierta donde pagar",
    "there is no open link to pay by",
  ],
  grace_over: [
    { name: "grace_over", days: 2 },
    "terminó el plazo de gracia de 2 días",
    "the period of grace of 2 days is over",
  ],
  network_budget: [
    { name: "network_budget", network: "visa", until: "2026-12-15T15:00:00Z" },
    "la red de la tarjeta visa no permite otro reintento antes del martes 15 de diciembre de 2026, 09:00",
    "the card's network visa allows no other try before Tuesday 15 December 2026, 09:00",
  ],
  catch_up_spacing: [
    { name: "catch_up_spacing" },
    "de lo atrasado se cobra un periodo por día, el más antiguo primero",
    "of what was missed one period a day is collected, the oldest first",
  ],
  dispute_won: [
    { name: "dispute_won" },
    "se ganó la disputa del pago anterior",
    "the dispute of the earlier payment was won",
  ],
  dispute_withdrawn: [
    { name: "dispute_withdrawn" },
    "lo que parecía una disputa del pago anterior era un reembolso",
    "what looked like a dispute of the earlier payment was a refund",
  ],
} satisfies { readonly [Name in Rule["name"]]: readonly [Extract<Rule, { name: Name }>, es: string, en: string] };

const clauseOf = (rule: unknown) => ruleClause({ data: { rule }, timeZone: "America/Mexico_City" });

describe("the rule behind a decision", () => {
  test.each(Object.entries(RULES))("%s", (_name, [rule, es, en]) => {
    expect(clauseOf(rule)).toEqual({ es, en });
  });

  test.each(Object.keys(RULES))("%s without its details is still half a sentence", (name) => {
    const clause = clauseOf({ name });
    expect(clause?.en).toMatch(/^[a-z].{5,}[a-z]$/);
    expect(`${clause?.es} ${clause?.en}`).not.toMatch(/undefined|null|NaN|Invalid|, *,|: *$/);
  });

  test.each<[rule: object, es: string, en: string]>([
    [{ name: "retries_used_up", retries: 1 }, "se agotó el único reintento", "the only retry is used up"],
    [{ name: "retries_used_up", retries: 0 }, "la política no da ningún reintento", "the policy grants no retry"],
    [
      { name: "daily_limit", charges: 1 },
      "este cobro ya tuvo un cargo en 24 horas",
      "this invoice was charged once within 24 hours already",
    ],
  ])("of one, or none, %j is told as people say it", (rule, es, en) => {
    expect(clauseOf(rule)).toEqual({ es, en });
  });

  test.each<[unknown, ReturnType<typeof clauseOf>, string]>([
    [undefined, null, "nothing was decided"],
    [null, null, "nothing was decided"],
    ["new_card", null, "no rule of ours is written so"],
    [{ name: "moon_phase" }, { es: "moon_phase", en: "moon_phase" }, "a newer program's rule is shown by its name"],
    [
      { name: "link_not_paid", days: null },
      { es: "nadie pagó con la liga", en: "nobody paid by the link" },
      "a page of a policy that knows of none by now",
    ],
    [{ name: "constructor" }, { es: "constructor", en: "constructor" }, "a name that every object has is no rule"],
  ])("%j is %j: %s", (rule, expected, _because) => {
    expect(clauseOf(rule)).toEqual(expected);
  });
});
