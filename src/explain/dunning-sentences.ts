/**
 * What dunning decided and by which rule, from the data of an event.
 *
 * A rule is half a sentence that goes after a colon: "retry 2 of 3, 3 days after the decline". A detail that the event
 * lacks is left out; an unknown rule is shown by its name.
 */
import type { Rule } from "../domain/dunning/dunning.ts";
import { type Data, instantIn, numberIn, prefixed, recordIn, timeIn, type EventStory, wordIn } from "./event-data.ts";
import type { Text } from "../domain/language.ts";
import { dayAndTime, dayOfDate, NOTHING, same, sentence } from "./text.ts";
import { classWords, finalActionWords, reasonWords } from "./words.ts";

type Step = Pick<EventStory, "data" | "timeZone">;

const STEPS: Readonly<Record<string, (step: Step) => Text>> = {
  retry: (step) => {
    const at = timeIn(step, "nextAttemptAt");
    return { es: `la tarjeta se intenta de nuevo${at.es}`, en: `the card is tried again${at.en}` };
  },
  payment_link: () => ({ es: "sigue una liga de pago", en: "a payment link follows" }),
  wait_for_card: (step) => {
    const until = timeIn(step, "nextStepUntil", { es: " hasta el ", en: " until " });
    return { es: `se espera otra tarjeta${until.es}`, en: `another card is waited for${until.en}` };
  },
  grace: (step) => {
    const until = timeIn(step, "nextStepUntil", { es: " hasta el ", en: " until " });
    return { es: `corre el plazo de gracia${until.es}`, en: `a period of grace runs${until.en}` };
  },
  write_off: ({ data }) => {
    const reason = wordIn(data, "statusReason");
    const action = wordIn(data, "finalAction");
    const [why, then] = [
      reason === null ? NOTHING : reasonWords(reason),
      action === null ? NOTHING : finalActionWords(action),
    ];
    return {
      es: `el cobro se da por incobrable${prefixed(", pues ", why.es)}${prefixed("; ", then.es)}`,
      en: `the invoice is written off${prefixed(", as ", why.en)}${prefixed("; ", then.en)}`,
    };
  },
  hold: () => ({
    es: "el cobro queda retenido hasta que decida una persona",
    en: "the invoice is held until a person decides",
  }),
};

/** "The card is tried again on …: <rule>." Nothing where nothing was decided. */
export function decisionSentence(step: Step): Text {
  const { data } = step;
  const name = wordIn(data, "nextStep") ?? (wordIn(data, "nextAttemptAt") === null ? null : "retry");
  const decided = name !== null && Object.hasOwn(STEPS, name) ? STEPS[name]?.(step) : undefined;
  const rule = ruleClause(step);
  if (decided === undefined) return rule === null ? NOTHING : sentence({ es: `${rule.es}.`, en: `${rule.en}.` });
  return sentence({ es: `${decided.es}${prefixed(": ", rule?.es)}.`, en: `${decided.en}${prefixed(": ", rule?.en)}.` });
}

type Clause = (rule: Data, timeZone: string) => Text;

const CLAUSES = {
  retry_days: (rule) => {
    const [retry, wait] = [retryOf(rule), days(rule, "days")];
    return {
      es: `${retry.es}${prefixed(", ", wait.es)}${wait.es === "" ? "" : " después del rechazo"}`,
      en: `${retry.en}${prefixed(", ", wait.en)}${wait.en === "" ? "" : " after the decline"}`,
    };
  },
  // The day itself is in the decision's sentence.
  payday: (rule) => {
    const [retry, insteadOf] = [retryOf(rule), wordIn(rule, "insteadOf")];
    // The plain wait ends on that day as well.
    if (insteadOf !== null && insteadOf === wordIn(rule, "payday"))
      return {
        es: `${retry.es}, en día de pago, porque a la tarjeta le faltaban fondos`,
        en: `${retry.en}, on payday, because the card lacked funds`,
      };
    const from = insteadOf === null ? NOTHING : dayOfDate(insteadOf);
    return {
      es: `${retry.es}, movido${prefixed(" del ", from.es)} al día de pago, porque a la tarjeta le faltaban fondos`,
      en: `${retry.en}, moved${prefixed(" from ", from.en)} to payday, because the card lacked funds`,
    };
  },
  retry_minutes: (rule) => {
    const [retry, minutes] = [retryOf(rule), numberIn(rule, "minutes")];
    const wait = minutes === null ? "" : `, ${minutes} min`;
    return {
      es: `${retry.es}${wait}${wait === "" ? "" : " después"}, porque falló el banco o la red`,
      en: `${retry.en}${wait}${wait === "" ? "" : " later"}, because the bank or the network failed`,
    };
  },
  unrecognized_once: (rule) => {
    const wait = days(rule, "days");
    return {
      es: `un código desconocido se intenta una vez más${prefixed(", ", wait.es)}${wait.es === "" ? "" : " después"}`,
      en: `an unknown code is tried once more${prefixed(", ", wait.en)}${wait.en === "" ? "" : " later"}`,
    };
  },
  unanswered_once: (rule) => {
    const wait = days(rule, "days");
    return {
      es: `nadie respondió lo que pidió el banco (3DS), y la tarjeta se intenta una vez más${prefixed(", ", wait.es)}${wait.es === "" ? "" : " después"}`,
      en: `nobody answered what the bank asked (3DS), and the card is tried once more${prefixed(", ", wait.en)}${wait.en === "" ? "" : " later"}`,
    };
  },
  new_card: () => ({
    es: "el cliente tiene otra tarjeta, que se intenta enseguida y una sola vez",
    en: "the customer has another card, which is tried at once, and once",
  }),
  card_untried: () => ({
    es: "la tarjeta del cliente nunca se intentó para esta factura: se intenta una sola vez",
    en: "the customer's card was never tried for this invoice: it is tried once",
  }),
  retries_used_up: (rule) => {
    const retries = numberIn(rule, "retries");
    if (retries === 0) return { es: "la política no da ningún reintento", en: "the policy grants no retry" };
    if (retries === 1) return { es: "se agotó el único reintento", en: "the only retry is used up" };
    const all = prefixed(" ", retries?.toString());
    return { es: `se agotaron los${all} reintentos`, en: `the${all} retries are used up` };
  },
  window_over: (rule, timeZone) => {
    const [at, window] = [instantIn(rule, "wouldBeAt"), days(rule, "windowDays")];
    const would = at === null ? NOTHING : dayAndTime(at, timeZone);
    return {
      es: `el siguiente reintento${prefixed(", el ", would.es)}${would.es === "" ? "" : ","} quedaría fuera de la ventana${prefixed(" de ", window.es)}`,
      en: `the next retry${prefixed(", on ", would.en)}${would.en === "" ? "" : ","} would be outside the window${prefixed(" of ", window.en)}`,
    };
  },
  card_never_pays: (rule) => {
    const declineClass = wordIn(rule, "declineClass");
    const why = declineClass === null ? NOTHING : classWords(declineClass);
    return {
      es: `esta tarjeta no se reintenta por sí sola${prefixed(": ", why.es)}`,
      en: `this card is not tried again by itself${prefixed(": ", why.en)}`,
    };
  },
  our_fault: () => ({
    es: "la cuenta del comercio o los datos enviados impiden el cargo; otra tarjeta no lo arregla",
    en: "the merchant's account or the data that was sent prevents the charge; no card mends that",
  }),
  wait_over: (rule) => ended(rule, { es: "no llegó otra tarjeta", en: "no other card came" }),
  link_not_paid: (rule) => ended(rule, { es: "nadie pagó con la liga", en: "nobody paid by the link" }),
  daily_limit: (rule) => {
    const charges = numberIn(rule, "charges");
    if (charges === 1)
      return {
        es: "este cobro ya tuvo un cargo en 24 horas",
        en: "this invoice was charged once within 24 hours already",
      };
    return {
      es: `este cobro ya tuvo ${charges ?? "demasiados"} cargos en 24 horas`,
      en: `this invoice was charged ${charges ?? "too many"} times within 24 hours already`,
    };
  },
  link_closed: () => ({
    es: "no hay una liga abierta donde pagar",
    en: "there is no open link to pay by",
  }),
  grace_over: (rule) => {
    const length = days(rule, "days");
    return {
      es: `terminó el plazo de gracia${prefixed(" de ", length.es)}`,
      en: `the period of grace${prefixed(" of ", length.en)} is over`,
    };
  },
  network_budget: (rule, timeZone) => {
    const [network, until] = [prefixed(" ", wordIn(rule, "network")), instantIn(rule, "until")];
    const time = until === null ? NOTHING : dayAndTime(until, timeZone);
    return {
      es: `la red de la tarjeta${network} no permite otro reintento${prefixed(" antes del ", time.es)}`,
      en: `the card's network${network} allows no other try${prefixed(" before ", time.en)}`,
    };
  },
  catch_up_spacing: () => ({
    es: "de lo atrasado se cobra un periodo por día, el más antiguo primero",
    en: "of what was missed one period a day is collected, the oldest first",
  }),
  dispute_won: () => ({ es: "se ganó la disputa del pago anterior", en: "the dispute of the earlier payment was won" }),
  dispute_withdrawn: () => ({
    es: "lo que parecía una disputa del pago anterior era un reembolso",
    en: "what looked like a dispute of the earlier payment was a refund",
  }),
} satisfies Readonly<Record<Rule["name"], Clause>>;

/** Null: the event names no rule. */
export function ruleClause({ data, timeZone }: Pick<EventStory, "data" | "timeZone">): Text | null {
  const rule = recordIn(data, "rule");
  const name = rule === null ? null : wordIn(rule, "name");
  if (rule === null || name === null) return null;
  return Object.hasOwn(CLAUSES, name) ? CLAUSES[name as Rule["name"]](rule, timeZone) : same(name);
}

function retryOf(rule: Data): Text {
  const [retry, of] = [numberIn(rule, "retry"), numberIn(rule, "of")];
  if (retry === null || of === null) return { es: "un reintento", en: "a retry" };
  return { es: `reintento ${retry} de ${of}`, en: `retry ${retry} of ${of}` };
}

function ended(rule: Data, what: Text): Text {
  const after = days(rule, "days");
  return { es: `${what.es}${prefixed(" en ", after.es)}`, en: `${what.en}${prefixed(" within ", after.en)}` };
}

function days(rule: Data, key: string): Text {
  const count = numberIn(rule, key);
  if (count === null) return NOTHING;
  return { es: `${count} ${count === 1 ? "día" : "días"}`, en: `${count} ${count === 1 ? "day" : "days"}` };
}
