/** The JSON of a command: what customers called themselves does not steer the terminal, and reads back as it was. */
import { expect, test } from "@jest/globals";
import { harmless, inLine, jsonText } from "./print.ts";

test.each<[string, string, string]>([
  // text, as it is printed, because
  ["\u009B31mred", String.raw`\u009b31mred`, "a terminal may honour C1: this is ESC [ in one character"],
  ["\u001B[2J", String.raw`\u001b[2J`, "ESC itself"],
  ["\u007F", String.raw`\u007f`, "deletes"],
  ["\u202Egnp.exe", String.raw`\u202egnp.exe`, "turns the order of what follows"],
  ["a\u2066b\u200Ec", String.raw`a\u2066b\u200ec`, "so do these"],
  ["a\u2028b\u2029c", String.raw`a\u2028b\u2029c`, "breaks of lines"],
  ["\u{E0041}", String.raw`\udb40\udc41`, "unseen, and of two units"],
  ["a\nb\tc", String.raw`a\nb\tc`, "JSON's own escapes stay"],
  ["Señora Ñandú 👩 $1", "Señora Ñandú 👩 $1", "what people write stays readable"],
])("%j is printed as %s: %s", (text, printed) => {
  const json = jsonText({ name: text, [text]: [1] });
  expect(json).toBe(`{\n  "name": "${printed}",\n  "${printed}": [\n    1\n  ]\n}`);
  expect(JSON.parse(json)).toEqual({ name: text, [text]: [1] });
});

test("a name in a sentence begins no line, and steers nothing", () => {
  expect(harmless(inLine("Ana\u001B[2J\r\n  halt  none\u2028x"))).toBe(String.raw`Ana\u001b[2J halt  none x`);
});
