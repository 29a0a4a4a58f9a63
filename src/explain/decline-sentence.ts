/** Why a try failed: the text for people, then the code and class they may be asked for. */
import type { Text } from "./text.ts";
import { type Told, wordIn } from "./told.ts";
import { checkText, classWords } from "./words.ts";

/** "The card has insufficient funds (insufficient_funds, retry_later: the same card may pay later)". Null: no failure. */
export function declineSentence({ data, declineText }: Pick<Told, "data" | "declineText">): Text | null {
  const declineClass = wordIn(data, "declineClass");
  const code = wordIn(data, "failureCode");
  if (declineClass === null && code === null) return null;
  const text = code === null ? null : (checkText(code) ?? declineText(code));
  const words = declineClass === null ? null : classWords(declineClass);
  const inLanguage = (language: keyof Text): string => {
    const names = [code, declineClass].filter((part) => part !== null).join(", ");
    const details = [names, words?.[language]].filter(Boolean).join(": ");
    return [text?.[language].replace(/\.$/, ""), `(${details})`].filter(Boolean).join(" ");
  };
  return { es: inLanguage("es"), en: inLanguage("en") };
}
