/** What a code means that somebody typed: Conekta's, or one of the checks before a charge. */
import { rowOf } from "../../adapters/conekta/declines.ts";
import { FAILED_CHECKS } from "../../domain/charging/card-check.ts";
import type { Decline } from "../../domain/decline.ts";
import { checkText } from "../../explain/words.ts";
import type { Language, Text } from "../../domain/language.ts";

export type Meaning = Pick<Decline, "declineClass" | "lacksFunds"> & {
  readonly treatment: "decline" | "inquire" | "refuse" | "stop" | "check" | "unknown";
  readonly text: Text | null;
};

export function meaningOf(code: string): Meaning {
  if (Object.hasOwn(FAILED_CHECKS, code)) {
    const declineClass = FAILED_CHECKS[code as keyof typeof FAILED_CHECKS];
    return { declineClass, treatment: "check", text: checkText(code) };
  }
  const row = rowOf(code);
  if (row === null) return { declineClass: "unrecognized", treatment: "unknown", text: null };
  const { declineClass, treatment, es, en, lacksFunds } = row;
  return { declineClass, treatment, text: { es, en }, ...(lacksFunds && { lacksFunds }) };
}

const TREATMENTS: Readonly<Record<Meaning["treatment"], Text>> = {
  decline: { es: "", en: "" },
  check: {
    es: "Se ve antes de cobrar: no se hace ningún cargo.",
    en: "It is seen before the charge: nothing is charged.",
  },
  inquire: {
    es: "Puede haberse movido dinero: primero se lee la orden; esto sigue si el cargo se ve rechazado.",
    en: "Money may have moved: the order is read first; this follows once the charge is seen declined.",
  },
  refuse: {
    es: "Conekta no intentó ningún cargo: lo enviado está mal.",
    en: "Conekta tried no charge: what was sent is wrong.",
  },
  stop: {
    es: "No se cobra a nadie hasta que Conekta acepte la llave; ningún cobro cambia por ello.",
    en: "Nobody is charged until Conekta accepts the key; no invoice changes by that.",
  },
  unknown: {
    es: "Nadie conoce este código: se reintenta una vez y luego cuenta como tarjeta mala.",
    en: "Nobody knows this code: it is tried once more, and then counts as a bad card.",
  },
};

/** What is said of a code before its course. */
export function noteOf(code: string, { treatment, text }: Meaning): Text {
  const more = TREATMENTS[treatment];
  const inLanguage = (language: Language): string =>
    `${code}: ${[text?.[language], more[language]].filter(Boolean).join(" ")}`;
  return { es: inLanguage("es"), en: inLanguage("en") };
}
