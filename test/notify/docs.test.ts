/** docs/events.md and the example's README, held to the program. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "@jest/globals";
import { DECLINE_CLASSES } from "../../src/domain/decline.ts";
import { NOTIFIED_EVENTS } from "../../src/domain/notification.ts";
import { VARIABLES } from "../../src/config/variables.ts";

const read = (file: string) => readFileSync(path.join(import.meta.dirname, "..", "..", file), "utf8");
const PAGE = read("docs/events.md");

test("docs/events.md lists what is sent, in the same words, and nothing else", () => {
  const rows = [...PAGE.matchAll(/^\| `([a-z]+\.[a-z_.]+)`\s+\| (.*?)\s+\|$/gm)].map(([, type, when]) => [type, when]);
  expect(rows).toEqual(Object.entries(NOTIFIED_EVENTS));
});

test("docs/events.md explains every class of decline", () => {
  expect(DECLINE_CLASSES.filter((word) => !PAGE.includes(`\`${word}\``))).toEqual([]);
});

test("docs/events.md names the variables of config/example.env", () => {
  expect(Object.keys(VARIABLES)).toEqual(expect.arrayContaining(["NOTIFY_URL", "NOTIFY_SECRET"]));
  expect(PAGE).toContain("NOTIFY_SECRET_FILE");
});

test("the example's README lists its letters and its settings", () => {
  const letters = read("docs/examples/email-receiver/letters.ts");
  const types = [...letters.matchAll(/^ {2}"([a-z]+\.[a-z_]+)":/gm)].map(([, type = ""]) => type);
  expect(types.length).toBeGreaterThan(5);
  expect(types.filter((type) => !Object.hasOwn(NOTIFIED_EVENTS, type))).toEqual([]);
  const page = read("docs/examples/email-receiver/README.md");
  expect([...page.matchAll(/^\| `([a-z]+\.[a-z_]+)`/gm)].map(([, type]) => type)).toEqual(types);
  const settings = [...read("docs/examples/email-receiver/receiver.ts").matchAll(/\b[A-Z]+_[A-Z_]+(?=["?:])/g)];
  expect(settings.map(([name]) => name).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
