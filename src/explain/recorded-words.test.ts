import { describe, expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { recordedWords } from "./recorded-words.ts";

// prettier-ignore
test.each<[en: string, es: string, because: string]>([
  ["maria stopped charging: wrong price", "maria detuvo los cobros: wrong price", "a person's own words stay"],
  ["status 504: the server failed, and may have acted before it did", "estado 504: el servidor falló, y pudo haber actuado antes", "a sentence in another"],
  ["the answer names an order or charge that belongs to another attempt (status 200: the body is empty)", "la respuesta nombra una orden o un cargo de otro intento (estado 200: la respuesta está vacía)", "and two deep"],
  ["2 are due, and nobody charges", "vencen 2, y nadie cobra", "the number agrees"],
  ["1 is due, and nobody charges", "vence 1, y nadie cobra", "here, too"],
  ["the gateway's answer differs from what we asked: amount 1 cents instead of 2; currency USD instead of MXN", "la respuesta de Conekta difiere de lo que se pidió: monto de 1 centavos en lugar de 2; moneda USD en lugar de MXN", "several, each"],
  ["nothing_to_collect", "nothing_to_collect", "a code is for programs"],
  ["precio equivocado", "precio equivocado", "what nobody knows is shown as it is"],
])("%j is %j (%s)", (en, es) => {
  expect(recordedWords(en)).toEqual({ en, es });
});

describe("every sentence that is written down has its Spanish", () => {
  const root = path.join(import.meta.dirname, "..");
  const FOLDERS = ["adapters/conekta", "domain/settle", "domain/charging", "application/charging", "application/run"];
  const files = FOLDERS.flatMap((folder) => readdirSync(path.join(root, folder)).map((file) => path.join(folder, file)))
    .concat(
      "entrypoints/status-document.ts",
      "application/reconcile/resolve-unknown.ts",
      "application/run/why-incomplete.ts",
    )
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    // What the terminal alone shows, or the log.
    .filter(
      (file) => !/probe-guard|other-processes|charges-aside|may-open|claim-due|collect-due|status-document/.test(file),
    );
  const OF_THE_LOG = /^nobody is charged before it is|another installation/;
  const WRITTEN =
    /(?:because:(?: \([^)]*\) =>)?|because =|trace\(|traceOf\([^,()]+,|notOpened\([^,()]+, [^,()]+,|return)\s*\(?\s*((?:(?:"[^"\n]*"|`[^`\n]*`)(?: \+\s*)?)+)/g;
  const sentences = files.flatMap((file) => {
    const text = readFileSync(path.join(root, file), "utf8");
    return [...text.matchAll(WRITTEN)].map(([, literal = ""]) => [
      literal
        .replaceAll(/["`] \+\s*["`]/g, "")
        .slice(1, -1)
        .replaceAll(/\$\{until\}/g, " after status 7")
        .replaceAll(/\$\{(made|more)\}/g, "")
        .replaceAll(/\$\{[^}]*\}/g, "7"),
      file,
    ]);
  });
  const known = sentences.filter(([sentence = ""]) => recordedWords(sentence).es !== sentence);

  test("some sixty are found", () => {
    expect(known.length).toBeGreaterThan(55);
  });

  test("and none is left", () => {
    const left = sentences.filter(
      ([sentence = ""]) =>
        sentence.split(" ").length > 3 && !OF_THE_LOG.test(sentence) && !known.some(([one]) => one === sentence),
    );
    expect(left).toEqual([]);
  });
});
