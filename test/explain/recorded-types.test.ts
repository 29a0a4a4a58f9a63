/** Every type of event that some code records has a sentence: the sources are searched for them. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "@jest/globals";
import { EVENT_TYPES } from "../../src/domain/event-types.ts";
import { SUBSCRIPTION_STATUSES } from "../../src/domain/subscription.ts";
import { noteOf, SUBSCRIBED_EVENTS } from "../../src/domain/webhook-event.ts";
import { NOTIFIED_TYPES } from "../../src/domain/notification.ts";

const ROOT = path.join(import.meta.dirname, "..", "..");
const KNOWN = new Set<string>(EVENT_TYPES);

/** The names in webhook-event.ts are Conekta's; those it makes of them are asked of it below. */
const FILES = globSync("src/{domain,application,adapters/store}/**/*.ts", { cwd: ROOT }).filter(
  (file) => !file.endsWith(".test.ts") && !/webhook-event\.ts$|domain\/explain\//.test(file),
);

/** Names that are only logged are not recorded. */
function typesIn(source: string): string[] {
  const code = source
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
    .replaceAll(/\blog(\.\w+|\[[^\]]+\])\(\s*"[^"]+"/g, "");
  return [...code.matchAll(/"((?:plan|customer|card|subscription|invoice|attempt|charging|order)\.[a-z_.]+)"/g)].map(
    ([, type = ""]) => type,
  );
}

describe("the types that are recorded", () => {
  test("all have a sentence", () => {
    const found = new Set(FILES.flatMap((file) => typesIn(readFileSync(path.join(ROOT, file), "utf8"))));
    expect(found.size).toBeGreaterThan(40);
    expect([...found].filter((type) => !KNOWN.has(type))).toEqual([]);
  });

  test("so have those that are made of a status, of a webhook or told to others", () => {
    const statuses = SUBSCRIPTION_STATUSES.filter((status) => status !== "active" && status !== "trialing");
    const notes = SUBSCRIBED_EVENTS.map(noteOf).filter((type) => type !== null);
    expect(notes.length).toBeGreaterThan(5);
    const made = [...statuses.map((status) => `subscription.${status}`), ...notes, ...NOTIFIED_TYPES];
    expect(made.filter((type) => !KNOWN.has(type))).toEqual([]);
  });

  test("control: a new one would be found, one that is only logged would not", () => {
    const source = `records.record({ type: "invoice.framed" }); log.warn("order.lost", {}); // "plan.drawn"`;
    expect(typesIn(source)).toEqual(["invoice.framed"]);
  });
});
