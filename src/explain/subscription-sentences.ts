/** What happened to a subscription, its plan or everybody's billing: one sentence an event. */
import { NOTHING, type Text } from "./text.ts";
import { bracketed, numberIn, prefixed, timeIn, type Told, wordIn, wordsIn } from "./told.ts";
import { statusWords } from "./words.ts";

export const SUBSCRIPTION_SENTENCES = {
  "subscription.created": ({ data }) => {
    const planId = wordIn(data, "planId");
    const first = numberIn(data, "firstCycle");
    const past =
      first === null || first === 0
        ? NOTHING
        : {
            es: `; los ${first} ciclos anteriores no se cobran`,
            en: `; the ${first} earlier cycles are not billed`,
          };
    return {
      es: `Se creó la suscripción${prefixed(" al plan ", planId)}${past.es}.`,
      en: `The subscription${prefixed(" to plan ", planId)} was created${past.en}.`,
    };
  },
  "subscription.changed": ({ data }) => {
    const changes = prefixed(": ", wordsIn(data, "changes").join("; "));
    return { es: `La suscripción cambió${changes}.`, en: `The subscription was changed${changes}.` };
  },
  "subscription.activated": (told) =>
    status(told, { es: "La suscripción se cobra", en: "The subscription is collected" }),
  "subscription.past_due": (told) =>
    status(told, { es: "La suscripción tiene un atraso", en: "The subscription is past due" }),
  "subscription.recovered": (told) =>
    status(told, {
      es: "La suscripción ya no tiene cobros con atraso",
      en: "The subscription recovered: nothing of it is past due any more",
    }),
  "subscription.unpaid": (told) =>
    status(told, {
      es: "Se dejó de cobrar la suscripción, que se conserva",
      en: "Collecting the subscription was given up; it is kept",
    }),
  "subscription.paused": (told) =>
    status(told, { es: "La suscripción quedó en pausa", en: "The subscription was paused" }),
  "subscription.resumed": (told) =>
    status(told, { es: "La suscripción se reanudó", en: "The subscription was resumed" }),
  "subscription.cancel_scheduled": (told) => {
    const at = timeIn(told, "endsAt");
    return {
      es: `Una persona pidió cancelarla; termina con su periodo${at.es}.`,
      en: `A person asked to cancel it; it ends with its period${at.en}.`,
    };
  },
  "subscription.canceled": (told) =>
    status(told, { es: "La suscripción se canceló", en: "The subscription was canceled" }),
  "subscription.completed": (told) =>
    status(told, {
      es: "La suscripción terminó: se hicieron todos sus cobros",
      en: "The subscription is complete: all its charges were made",
    }),
  "plan.created": ({ data }) => plan(data, { es: "Se creó el plan", en: "The plan was created" }),
  "plan.changed": ({ data }) => plan(data, { es: "El plan cambió", en: "The plan was changed" }),
  "charging.halted": ({ data }) => {
    const because = prefixed(" — ", wordIn(data, "because"));
    return { es: `Se dejó de cobrar a todos${because}.`, en: `Charging everybody was stopped${because}.` };
  },
  "charging.resumed": () => ({ es: "Se volvió a cobrar a todos.", en: "Everybody is charged again." }),
} satisfies Readonly<Record<`${"subscription" | "plan" | "charging"}.${string}`, (told: Told) => Text>>;

/** Who did it, or what: a person, or the last step of dunning. */
function status({ data }: Told, what: Text): Text {
  const because = wordIn(data, "because");
  const was = wordIn(data, "was");
  const before = was === null ? NOTHING : statusWords(was);
  const by =
    because === "person"
      ? { es: "lo pidió una persona", en: "a person asked for it" }
      : because === "dunning_final_action"
        ? { es: "es la acción final de la cobranza", en: "it is dunning's final action" }
        : NOTHING;
  const inLanguage = (language: keyof Text, it: string): string =>
    bracketed([by[language], prefixed(it, before[language])].filter((part) => part !== "").join("; ") || null);
  return { es: `${what.es}${inLanguage("es", "estaba ")}.`, en: `${what.en}${inLanguage("en", "it was ")}.` };
}

function plan(data: Told["data"], what: Text): Text {
  const details = [wordIn(data, "planId"), ...wordsIn(data, "changes")].filter((part) => part !== null);
  const brackets = bracketed(details.join("; ") || null);
  return { es: `${what.es}${brackets}.`, en: `${what.en}${brackets}.` };
}
