/** The course of dunning in words, Spanish and English. */
import { localDayOf } from "../../domain/calendar/calendar.ts";
import type { DeclineClass } from "../../domain/decline.ts";
import type { CourseStep } from "../../domain/dunning/course.ts";
import { decisionSentence } from "../../explain/dunning-sentences.ts";
import type { Language, Text } from "../../domain/language.ts";
import { classWords } from "../../explain/words.ts";
import type { NetworkBudget } from "../../domain/dunning/network-budget.ts";

export function headingOf(policy: string, code: string, declineClass: DeclineClass, timeZone: string): Text {
  const words = classWords(declineClass);
  return {
    es: `Política ${policy}; cada intento se rechaza con ${code} (${declineClass}: ${words.es}). Horas de ${timeZone}.`,
    en: `Policy ${policy}; every try is declined with ${code} (${declineClass}: ${words.en}). Times of ${timeZone}.`,
  };
}

const WAITS: Readonly<Record<Exclude<CourseStep["after"], "decline">, Text>> = {
  wait_for_card: { es: "Fin de la espera.", en: "The wait is over." },
  payment_link: { es: "La liga de pago vence.", en: "The payment link expires." },
  grace: { es: "Fin del plazo de gracia.", en: "The period of grace is over." },
};

/** "Decline 1. The card is tried again on …: retry 1 of 3, …" */
export function stepText({ after, declines, step }: CourseStep, timeZone: string): Text {
  const came = after === "decline" ? { es: `Rechazo ${declines}.`, en: `Decline ${declines}.` } : WAITS[after];
  const data = {
    nextStep: step.do,
    rule: step.rule,
    ...(step.do === "retry" && { nextAttemptAt: step.at.toISOString() }),
    ...("until" in step && { nextStepUntil: step.until.toISOString() }),
    ...(step.do === "write_off" && { statusReason: step.because, finalAction: step.finalAction }),
  };
  const decision = decisionSentence({ data, timeZone });
  return { es: `${came.es} ${decision.es}`, en: `${came.en} ${decision.en}` };
}

export function overText(course: readonly CourseStep[], horizonDays: number, timeZone: string): Text {
  const [first, last] = [course[0], course.at(-1)];
  const days =
    first === undefined || last === undefined ? 0 : localDayOf(last.at, timeZone) - localDayOf(first.at, timeZone);
  return {
    es: `Termina a los ${days} días; con esta política, a los ${horizonDays} a más tardar.`,
    en: `It ends after ${days} days; by this policy after ${horizonDays} at the latest.`,
  };
}

type Comparison = {
  readonly network: NetworkBudget["network"];
  readonly limits: readonly (NetworkBudget["limits"][number] & { readonly most: number })[];
};

const NETWORKS: Readonly<Record<NetworkBudget["network"], Text>> = {
  visa: { es: "Visa", en: "Visa" },
  mastercard: { es: "Mastercard", en: "Mastercard" },
  strictest: { es: "Marca desconocida, la regla más estricta", en: "Unknown brand, the strictest rule" },
};

/** "Visa: 3 of 15 reattempts within 30 days." */
export function budgetText({ network, limits }: Comparison): Text {
  const inLanguage = (language: Language): string => {
    const shares = limits.map(({ reattempts, withinHours, most }) => {
      const period = withinHours === 24 ? { es: "24 horas", en: "24 hours" } : { es: "30 días", en: "30 days" };
      const words = {
        es: `${most} de ${reattempts} reintentos en ${period.es}`,
        en: `${most} of ${reattempts} reattempts within ${period.en}`,
      };
      return words[language];
    });
    return `${NETWORKS[network][language]}: ${shares.join("; ")}.`;
  };
  return { es: inLanguage("es"), en: inLanguage("en") };
}
