/** Sentences about a subscription, its plan, its customer and card, and halts of all charging: one for each event. */
import { askedToHalt, type HaltKind } from "../domain/halt.ts";
import { formatMoney } from "../domain/money.ts";
import { cardName } from "./attempt-sentences.ts";
import { bracketed, numberIn, prefixed, recordIn, timeIn, type EventStory, wordIn, wordsIn } from "./event-data.ts";
import type { Language, Text } from "../domain/language.ts";
import { NOTHING } from "./text.ts";
import { channelWords, statusWords } from "./words.ts";
import { recordedIn } from "./recorded-words.ts";

export const SUBSCRIPTION_SENTENCES = {
  "subscription.created": ({ data }) => {
    const planId = wordIn(data, "planId");
    const first = numberIn(data, "firstCycle");
    const past =
      first === null || first === 0
        ? NOTHING
        : first === 1
          ? { es: "; el ciclo anterior no se cobra", en: "; the cycle before it is not billed" }
          : { es: `; los ${first} ciclos anteriores no se cobran`, en: `; the ${first} earlier cycles are not billed` };
    return {
      es: `Se creó la suscripción${prefixed(" al plan ", planId)}${past.es}.`,
      en: `The subscription${prefixed(" to plan ", planId)} was created${past.en}.`,
    };
  },
  "subscription.changed": ({ data }) => {
    const changes = prefixed(": ", wordsIn(data, "changes").join("; "));
    return { es: `La suscripción cambió${changes}.`, en: `The subscription was changed${changes}.` };
  },
  "subscription.plan_changed": ({ data }) => {
    const [planName, quantity] = [wordIn(data, "planName") ?? wordIn(data, "toPlanId"), numberIn(data, "toQuantity")];
    const pieces = quantity === null || quantity === 1 ? "" : ` × ${quantity}`;
    const name = planName === null ? NOTHING : { es: ` a ${planName}${pieces}`, en: ` to ${planName}${pieces}` };
    const how = givenBack(data) ?? APPLIED[wordIn(data, "apply") ?? ""] ?? NOTHING;
    const on = wordIn(data, "on");
    const from = on === null ? NOTHING : { es: ` desde el ${on}`, en: ` from ${on} on` };
    const money = changedMoney(data);
    return {
      es: `La suscripción cambió${name.es}${from.es}${how.es}${money.es}.`,
      en: `The subscription was changed${name.en}${from.en}${how.en}${money.en}.`,
    };
  },
  "subscription.change_undone": ({ data }) => {
    const [planId, by] = [wordIn(data, "toPlanId"), bracketed(wordIn(data, "by"))];
    return {
      es: `Un cambio se deshizo${prefixed(": sigue en el plan ", planId)}${by}.`,
      en: `A change was taken back${prefixed(": it stays on plan ", planId)}${by}.`,
    };
  },
  "subscription.activated": (event) =>
    status(event, { es: "La suscripción se cobra", en: "The subscription is collected" }),
  "subscription.past_due": (event) =>
    status(event, { es: "La suscripción tiene un atraso", en: "The subscription is past due" }),
  "subscription.recovered": (event) =>
    status(event, {
      es: "La suscripción ya no tiene cobros con atraso",
      en: "The subscription recovered: nothing of it is past due any more",
    }),
  "subscription.unpaid": (event) =>
    status(event, {
      es: "Se dejó de cobrar la suscripción, que se conserva",
      en: "Collecting the subscription was given up; it is kept",
    }),
  "subscription.paused": (event) =>
    status(event, { es: "La suscripción quedó en pausa", en: "The subscription was paused" }),
  "subscription.resumed": (event) =>
    status(event, { es: "La suscripción se reanudó", en: "The subscription was resumed" }),
  "subscription.cancel_scheduled": (event) => {
    const at = timeIn(event, "endsAt");
    return {
      es: `Una persona pidió cancelarla; termina con su periodo${at.es}.`,
      en: `A person asked to cancel it; it ends with its period${at.en}.`,
    };
  },
  "subscription.uncanceled": () => ({
    es: "Una persona retiró la cancelación: la suscripción sigue.",
    en: "A person took the cancellation back: the subscription goes on.",
  }),
  "subscription.pause_planned": (event) => {
    const from = timeIn(event, "from", { es: " desde el ", en: " from " });
    const until = timeIn(event, "until", { es: " hasta el ", en: " until " });
    return {
      es: `Una persona planeó una pausa${from.es}${until.es}: los ciclos que venzan en ella se anulan.`,
      en: `A person planned a pause${from.en}${until.en}: cycles that fall due in it are void.`,
    };
  },
  "subscription.pause_withdrawn": () => ({
    es: "Una persona retiró la pausa planeada: los ciclos que sigan se cobran.",
    en: "A person withdrew the planned pause: the cycles that follow are billed.",
  }),
  "subscription.unskipped": ({ data }) => {
    const cycle = numberIn(data, "cycle") ?? "";
    return {
      es: `Una persona retiró el salto: el ciclo ${cycle} se cobra.`,
      en: `A person took the skip back: cycle ${cycle} is billed.`,
    };
  },
  "subscription.consent_recorded": (event) => {
    const version = prefixed(" ", wordIn(event.data, "version"));
    const at = timeIn(event, "consentedAt");
    const channel = channelWords(wordIn(event.data, "channel") ?? "");
    const by = wordIn(event.data, "by");
    return {
      es: `El cliente aceptó los cargos recurrentes (texto${version})${at.es}${prefixed(", ", channel.es)}${prefixed("; lo registró ", by)}.`,
      en: `The customer agreed to recurring charges (text${version})${at.en}${prefixed(", ", channel.en)}${prefixed("; recorded by ", by)}.`,
    };
  },
  "subscription.canceled": (event) =>
    status(event, { es: "La suscripción se canceló", en: "The subscription was canceled" }),
  "subscription.completed": (event) =>
    status(event, {
      es: "La suscripción terminó: se hicieron todos sus cobros",
      en: "The subscription is complete: all its charges were made",
    }),
  "plan.created": ({ data }) => plan(data, { es: "Se creó el plan", en: "The plan was created" }),
  "plan.changed": ({ data }) => plan(data, { es: "El plan cambió", en: "The plan was changed" }),
  "plan.archived": ({ data }) => plan(data, { es: "Se archivó el plan", en: "The plan was archived" }),
  "plan.unarchived": ({ data }) => plan(data, { es: "El plan se vende de nuevo", en: "The plan is sold again" }),
  "charging.halted": ({ data }) => {
    const because = haltWords(data);
    return { es: `Se dejó de cobrar a todos${because.es}.`, en: `Charging everybody was stopped${because.en}.` };
  },
  "charging.resumed": ({ data }) => {
    // Who asked over the HTTP API, and why, is said of every event.
    const why = recordIn(data, "actor") === null ? prefixed(" — ", wordIn(data, "why")) : "";
    return { es: `Se volvió a cobrar a todos${why}.`, en: `Everybody is charged again${why}.` };
  },
} satisfies Readonly<Record<`${"subscription" | "plan" | "charging"}.${string}`, (event: EventStory) => Text>>;

const HALTS: Readonly<Record<Exclude<HaltKind, "person">, string>> = {
  restored: "los libros son más viejos que lo último que se cobró con ellos",
  charged_elsewhere: "otra instalación cobra las mismas suscripciones",
  limit: "se llegó a un límite de los cobros",
  unauthorized: "Conekta no acepta la llave",
};

/** The record's own reason is English. In Spanish it stands only where no kind says what it means. */
function haltWords(data: EventStory["data"]): Text {
  const [because, kind] = [wordIn(data, "because"), wordIn(data, "kind")];
  if (kind === "person" && recordIn(data, "actor") !== null) return NOTHING;
  const person = kind === "person" && because !== null ? askedToHalt(because) : null;
  if (person !== null) return { es: ` — lo pidió ${person.by}: ${person.why}`, en: ` — ${because}` };
  const known = kind !== null && Object.hasOwn(HALTS, kind) ? HALTS[kind as keyof typeof HALTS] : null;
  return {
    es: known === null ? prefixed(" — registro: ", because && recordedIn(because, "es")) : ` — ${known}`,
    en: prefixed(" — ", because),
  };
}

const APPLIED: Readonly<Record<string, Text>> = {
  period_end: { es: ", al terminar su periodo", en: ", when its period ends" },
  next_invoice: { es: "; la diferencia va en el próximo cobro", en: "; the difference joins the next invoice" },
  now: { es: "; la diferencia se cobra aparte", en: "; the difference is charged by itself" },
  none: { es: "; el resto del periodo no cuesta", en: "; the rest of the period costs nothing" },
};

/** Null: nothing went to the balance. */
function givenBack(data: EventStory["data"]): Text | null {
  const [granted, currency] = [numberIn(data, "grantedCents"), wordIn(data, "currency")];
  if (granted === null || granted === 0 || currency === null) return null;
  const money = formatMoney(granted, currency);
  return {
    es: `; la diferencia, ${money}, queda como saldo a favor del cliente`,
    en: `; the difference, ${money}, is given to the customer's balance`,
  };
}

function changedMoney(data: EventStory["data"]): Text {
  const [credit, debit, currency] = [
    numberIn(data, "creditCents"),
    numberIn(data, "debitCents"),
    wordIn(data, "currency"),
  ];
  if (credit === null || debit === null || currency === null || (credit === 0 && debit === 0)) return NOTHING;
  const [back, more] = [formatMoney(credit, currency), formatMoney(debit, currency)];
  return { es: ` (a favor ${back}, a cargo ${more})`, en: ` (${back} back, ${more} to pay)` };
}

/** Who did it, or what: a person, or the last step of dunning. */
function status({ data }: EventStory, what: Text): Text {
  const because = wordIn(data, "because");
  const was = wordIn(data, "was");
  const before = was === null ? NOTHING : statusWords(was);
  const by =
    because === "person"
      ? { es: "lo pidió una persona", en: "a person asked for it" }
      : because === "dunning_final_action"
        ? { es: "es la acción final de la cobranza", en: "it is dunning's final action" }
        : because === "dispute"
          ? { es: "se disputa un pago", en: "a payment is disputed" }
          : because === "new_card"
            ? { es: "el cliente tiene otra tarjeta", en: "the customer has another card" }
            : NOTHING;
  const inLanguage = (language: Language, it: string): string =>
    bracketed([by[language], prefixed(it, before[language])].filter((part) => part !== "").join("; ") || null);
  return { es: `${what.es}${inLanguage("es", "estaba ")}.`, en: `${what.en}${inLanguage("en", "it was ")}.` };
}

function plan(data: EventStory["data"], what: Text): Text {
  const details = [wordIn(data, "planId"), ...wordsIn(data, "changes")].filter((part) => part !== null);
  const brackets = bracketed(details.join("; ") || null);
  return { es: `${what.es}${brackets}.`, en: `${what.en}${brackets}.` };
}

export const CUSTOMER_SENTENCES = {
  "customer.created": (event) =>
    card(event, { es: "El cliente entró a los libros", en: "The customer was taken into the books" }),
  "customer.updated": (event) =>
    card(event, { es: "Los datos del cliente cambiaron en Conekta", en: "What Conekta knows of the customer changed" }),
  "customer.deleted": () => ({
    es: "Conekta ya no conoce al cliente: no hay a quién cobrar.",
    en: "Conekta no longer knows the customer: nobody can be charged.",
  }),
  "customer.tax_data_changed": ({ data }) => {
    const details = bracketed(
      [wordIn(data, "regime"), wordIn(data, "use")].filter((part) => part !== null).join(", ") || null,
    );
    return {
      es: `Se dieron los datos fiscales del cliente${details}.`,
      en: `The customer's tax data were given${details}.`,
    };
  },
  "customer.profile_changed": ({ data }) => {
    const language = wordIn(data, "language");
    const told = language === null ? { es: "", en: "" } : LANGUAGE[language === "en" ? "en" : "es"];
    return {
      es: `Se cambiaron los datos propios del cliente${told.es}.`,
      en: `What the merchant keeps of the customer was changed${told.en}.`,
    };
  },
  "card.added": (event) => card(event, { es: "Se agregó una tarjeta", en: "A card was added" }),
  "card.changed": (event) =>
    card(event, { es: "El cliente tiene otra tarjeta predeterminada", en: "The customer has another default card" }),
  "card.default_changed": (event) =>
    card(event, { es: "Aquí se eligió otra tarjeta predeterminada", en: "Another default card was chosen here" }),
  "card.removed": (event) => card(event, { es: "Se quitó una tarjeta", en: "A card was removed" }),
  "card.allowed": ({ data }) => {
    const name = prefixed(" ", nameOf(data));
    const [by, why] = [wordIn(data, "by"), prefixed(" — ", wordIn(data, "why"))];
    return {
      es: `${by ?? "Una persona"} permitió que la tarjeta${name} se vuelva a cobrar${why}.`,
      en: `${by ?? "A person"} allowed the card${name} to be charged again${why}.`,
    };
  },
  "card.expiring": ({ data }) => {
    const name = prefixed(" ", nameOf(data));
    const [month, year] = [numberIn(data, "expMonth"), numberIn(data, "expYear")];
    const until = month === null || year === null ? "" : ` ${String(month).padStart(2, "0")}/${year}`;
    const daysLeft = numberIn(data, "daysLeft");
    const left = daysLeft === null ? NOTHING : { es: `, en ${daysLeft} días`, en: `, in ${daysLeft} days` };
    return {
      es: `La tarjeta${name} vence pronto${prefixed(":", until)}${left.es}; se avisó.`,
      en: `The card${name} expires soon${prefixed(":", until)}${left.en}; it was told.`,
    };
  },
} satisfies Readonly<Record<`${"customer" | "card"}.${string}`, (event: EventStory) => Text>>;

function card({ data }: EventStory, what: Text): Text {
  const name = nameOf(data);
  if (name === null && "paymentSourceId" in data)
    return { es: `${what.es}; no hay tarjeta predeterminada.`, en: `${what.en}; there is no default card.` };
  return {
    es: `${what.es}${prefixed("; la predeterminada es ", name)}.`,
    en: `${what.en}${prefixed("; the default is ", name)}.`,
  };
}

function nameOf(data: EventStory["data"]): string | null {
  return cardName({ cardBrand: wordIn(data, "cardBrand"), cardLast4: wordIn(data, "cardLast4") });
}

/** In which the customer is written to. */
const LANGUAGE = {
  es: { es: " (se le escribe en español)", en: " (written to in Spanish)" },
  en: { es: " (se le escribe en inglés)", en: " (written to in English)" },
} as const;
