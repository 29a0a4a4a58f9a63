/** What happens next to the subscription as a whole: whether anybody is charged at all, and when its next cycle falls due. */
import { LIFTED_BY_A_PERSON } from "../domain/halt.ts";
import { formatMoney } from "../domain/money.ts";
import { type ForeseenInvoice, nextCycleCharge, nextInvoice } from "../domain/charging/next-charge.ts";
import type { OutlookRules } from "../domain/charging/invoice-outlook.ts";
import { nextCycle, type NextCycle } from "../domain/charging/cycles-ahead.ts";
import type { Facts, HaltFacts, SubscriptionFacts } from "./facts.ts";
import { contentSentence } from "./content-sentences.ts";
import type { Text } from "../domain/language.ts";
import { takesAway } from "./takes-away.ts";
import { dayAndTime, join, NOTHING } from "./text.ts";
import type { Next } from "./next.ts";
import { prefixed } from "./event-data.ts";
import { reasonWords } from "./words.ts";
import { recordedIn } from "./recorded-words.ts";

export function nextOfHalt(halt: HaltFacts): Next {
  const { kind, because, reconcileSince } = halt;
  if (kind === "restored")
    return {
      ...{ what: "halt", invoiceId: null, at: null },
      command: `puntual reconcile${prefixed(" --since ", reconcileSince?.toISOString())}`,
      why: {
        es: `No se cobra a nadie: los libros son más viejos que lo último que se cobró. Una persona debe completarlos. Registro: ${recordedIn(because, "es")}`,
        en: `Nobody is charged: these books are older than what was last charged from them. A person must complete them. ${because}`,
      },
    };
  if (LIFTED_BY_A_PERSON.some((each) => each === kind))
    return {
      ...{ what: "halt", invoiceId: null, at: null, command: "puntual go" },
      why: {
        es: `No se cobra a nadie hasta que una persona lo permita. Registro: ${recordedIn(because, "es")}`,
        en: `Nobody is charged until a person says go. ${because}`,
      },
    };
  return {
    ...{ what: "halt", invoiceId: null, at: null, command: "puntual doctor" },
    why: {
      es: `No se cobra a nadie: Conekta no acepta la llave. En cuanto una lectura funcione, se sigue. Registro: ${recordedIn(because, "es")}`,
      en: `Nobody is charged: Conekta does not accept the key. As soon as a read succeeds it goes on. ${because}`,
    },
  };
}

export function nextOfSubscription({ subscription, outlook }: Facts, rules: OutlookRules, now: Date): Next {
  const next = nextCycle(subscription);
  if (next.do === "none")
    return withLeftItems(nothingDue(next.because, subscription), next.because, { subscription, outlook });
  const { cycle, at } = next;
  const time = dayAndTime(at, subscription.timeZone);
  if (next.do === "void" && next.because === "paused" && subscription.status !== "paused") {
    const until =
      subscription.pauseUntil === null ? NOTHING : dayAndTime(subscription.pauseUntil, subscription.timeZone);
    return {
      ...{ what: "billing", invoiceId: null, at, command: null },
      why: {
        es: `Hay una pausa planeada: el ciclo ${cycle} vence el ${time.es}, pero se anula sin cobrarse; lo que venza desde el ${until.es} se cobra otra vez.`,
        en: `A pause is planned: cycle ${cycle} falls due on ${time.en} but is voided uncollected; what falls due from ${until.en} on is billed again.`,
      },
    };
  }
  if (next.do === "void")
    return {
      ...{ what: "person", invoiceId: null, at: null, command: `puntual subscriptions resume ${subscription.id}` },
      why:
        next.because === "paused"
          ? {
              es: `Está en pausa: el ciclo ${cycle} vence el ${time.es}, pero se anula sin cobrarse, como los que sigan hasta que se reanude.`,
              en: `It is paused: cycle ${cycle} falls due on ${time.en} but is voided uncollected, like those after it, until it is resumed.`,
            }
          : {
              es: `Se dejó de cobrar: el ciclo ${cycle} vence el ${time.es}, pero se anula sin cobrarse, hasta que se reanude o ya no se deba nada.`,
              en: `Collecting was given up: cycle ${cycle} falls due on ${time.en} but is voided uncollected, until it is resumed or nothing is owed.`,
            },
    };
  const when =
    at <= now
      ? {
          es: `El ciclo ${cycle} ya venció y se abre en la siguiente corrida.`,
          en: `Cycle ${cycle} has fallen due, and is opened at the next run.`,
        }
      : {
          es: `El ciclo ${cycle} vence el ${time.es}; antes no hay nada nuevo que cobrar.`,
          en: `Cycle ${cycle} falls due on ${time.en}; before that there is nothing new to collect.`,
        };
  const charge = nextCycleCharge(outlook, rules, now);
  if (charge.at === null && charge.because === "person") {
    const held = reasonWords("earlier_unpaid");
    return {
      ...{ what: "person", invoiceId: null, at: null, command: `puntual subscriptions show ${subscription.id}` },
      why: join(when, {
        es: `Entonces se retiene para una persona: ${held.es}.`,
        en: `Then it is held for a person: ${held.en}.`,
      }),
    };
  }
  const invoice = nextInvoice(outlook, now);
  return {
    ...{ what: "billing", invoiceId: null, at, command: null },
    why: invoice?.cycle === cycle ? join(when, foreseenSentence(invoice)) : when,
  };
}

/** As things are: with the coupons, items and balance that wait for it. */
function foreseenSentence(invoice: ForeseenInvoice): Text {
  const { amountCents, balanceCents, currency } = invoice;
  const [money, balance] = [formatMoney(amountCents, currency), formatMoney(Math.abs(balanceCents), currency)];
  const paid =
    balanceCents === 0
      ? NOTHING
      : balanceCents > 0
        ? { es: `El saldo del cliente paga ${balance}.`, en: `The customer's balance pays ${balance}.` }
        : { es: `Se le suman ${balance} de antes.`, en: `${balance} of before join it.` };
  const charged =
    amountCents === 0
      ? { es: "No se va a cobrar nada.", en: "Nothing will be charged." }
      : { es: `Se van a cobrar ${money}.`, en: `${money} will be charged.` };
  return join(charged, contentSentence(invoice), paid);
}

function nothingDue(
  because: Extract<NextCycle, { do: "none" }>["because"],
  { cancelAt, timeZone }: SubscriptionFacts,
): Next {
  const end = cancelAt === null ? NOTHING : dayAndTime(cancelAt, timeZone);
  const reasons: Readonly<Record<typeof because, Text>> = {
    canceled: { es: "la suscripción está cancelada", en: "the subscription is canceled" },
    completed: { es: "la suscripción terminó", en: "the subscription is complete" },
    last_cycle_opened: { es: "ya se abrió el último del plan", en: "the plan's last one was opened" },
    ends_first: { es: `la suscripción termina el ${end.es}`, en: `the subscription ends on ${end.en}` },
  };
  const reason = reasons[because];
  return {
    ...{ what: "nothing", invoiceId: null, at: because === "ends_first" ? cancelAt : null, command: null },
    why: { es: `No vence ningún ciclo más: ${reason.es}.`, en: `No other cycle falls due: ${reason.en}.` },
  };
}

/** Dunning canceled it, or its last cycle is opened: what waits for it alone is charged to nobody, and a person may take it away. */
function withLeftItems(
  nothing: Next,
  because: Parameters<typeof nothingDue>[0],
  { subscription: { id }, outlook }: Pick<Facts, "subscription" | "outlook">,
): Next {
  const left = outlook.subscription.waiting.items.filter(({ subscriptionId }) => subscriptionId === id);
  const [first] = left;
  if (first === undefined || because === "ends_first") return nothing;
  const names = left
    .map(
      ({ name, amountCents, discountCents, currency }) =>
        `${name}, ${formatMoney(amountCents - discountCents, currency)}`,
    )
    .join("; ");
  return {
    ...{ what: "person", invoiceId: null, at: null, command: takesAway(first.key) },
    why: join(nothing.why, {
      es: `Lo que la esperaba no se le cobra a nadie: ${names}.`,
      en: `What waited for it is charged to nobody: ${names}.`,
    }),
  };
}
