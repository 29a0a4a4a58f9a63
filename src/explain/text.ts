/** What is said to people, in the two languages that a support desk reads. */
export const LANGUAGES = ["es", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
export type Text = { readonly [Each in Language]: string };

/** The same in both: an id, an amount, a command. */
export function same(text: string): Text {
  return { es: text, en: text };
}

export const NOTHING = same("");

/** One sentence after the other; empty ones are left out. */
export function join(...parts: readonly Text[]): Text {
  const inLanguage = (language: Language): string =>
    parts
      .map((part) => part[language])
      .filter((part) => part !== "")
      .join(" ");
  return { es: inLanguage("es"), en: inLanguage("en") };
}

export function sentence({ es, en }: Text): Text {
  return { es: begun(es), en: begun(en) };
}

function begun(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
