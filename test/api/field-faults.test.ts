/** What the schemas of requests refuse is said in one language at a time: all that they can, walked field by field. */
import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { inWords } from "../../src/domain/refusals.ts";
import { ENDPOINTS } from "../../src/entrypoints/http/api/endpoints.ts";
import { faultsIn } from "../../src/entrypoints/http/api/field-faults.ts";

/** Values that no field takes all of. */
const WRONG: readonly unknown[] = [
  ...[undefined, null, "", " ", "x", "xy z", "ñandú!", "x".repeat(4000), -1, 0, 1.005, 1e12, Number.NaN, true, [], [1]],
  ...[{}, { surplus: 1 }, "2026-02-30", "2026-12-01", "2026-12-01T25:00", "2026-12-01T09:00Z", "1999-01-01T09:00"],
  ...["America/Mexico_Cty", "cus_", "mxn", "ABC", "2026-12-02T00:00:00Z,2026-12-01T00:00:00Z"],
  ...[Array.from({ length: 101 }, () => ({ name: "x" })), { percent: 1, amount_cents: 1 }, { rate: 7 }],
];

/** Every object like a sound one, but for one field. */
function* requestsOf(schema: z.ZodType): Generator {
  const here = unwrapped(schema);
  yield* WRONG;
  if (here instanceof z.ZodArray) for (const each of requestsOf(here.element as z.ZodType)) yield [each];
  if (here instanceof z.ZodUnion) for (const option of here.options as z.ZodType[]) yield* requestsOf(option);
  if (!(here instanceof z.ZodObject)) return;
  for (const [name, field] of Object.entries(here.shape))
    for (const value of requestsOf(field)) yield { [name]: value };
}

function unwrapped(schema: z.ZodType): z.ZodType {
  let here = schema;
  while (here instanceof z.ZodOptional || here instanceof z.ZodNullable || here instanceof z.ZodDefault)
    here = here.unwrap() as z.ZodType;
  return here;
}

function faultsOf(schema: z.ZodType): Map<string, readonly [es: string, en: string, code: string]> {
  const told = new Map<string, readonly [string, string, string]>();
  for (const value of requestsOf(schema)) {
    const read = schema.safeParse(value, { reportInput: true });
    if (read.success) continue;
    for (const { detail } of faultsIn(read.error, schema)) {
      const es = inWords(detail, "es");
      told.set(es, [es, inWords(detail, "en"), detail.code]);
    }
  }
  return told;
}

const told = new Map(
  ENDPOINTS.flatMap((endpoint) => [...faultsOf(endpoint.kind === "read" ? endpoint.query : endpoint.body)]),
);
const faults = [...told.values()];

/** Words of one language that no sentence of the other has; names of fields and values are in neither. */
const ENGLISH =
  /\b(expected|must|the|is|are|of|or|and|like|more|less|fewer|given|invalid|unknown|there|write|missing)\b/i;
const SPANISH =
  /\b(debe|falta|ser|se|espera|esperaba|recibido|como|más|menos|el|la|un|una|llave|entrada|inválid[ao]|no existe)\b/i;
const SIGNS = />=|<=|[<>]\d|\bundefined\b|\bNaN\b|\[object/;
/** What stands in quotes, braces or a pattern is not of the sentence. */
const bare = (text: string) =>
  text
    .replaceAll(/\{[^}]*\}|"[^"]*"|'[^']*'|(form|forma) .*$/g, "")
    .replaceAll(/(one of|uno de:?|debe ser|must be) [\w., /-]*$/g, "$1");

describe("each fault of a field", () => {
  test("control: all kinds came up, and none has no words", () => {
    const codes = new Set(faults.map(([, , code]) => code));
    expect(faults.length).toBeGreaterThan(60);
    expect(codes.size).toBeGreaterThan(30);
    expect([...codes].filter((code) => code === "field_odd")).toEqual([]);
  });
  test.each(faults)("%s | %s", (es, en) => {
    expect(bare(es)).not.toMatch(ENGLISH);
    expect(bare(en)).not.toMatch(SPANISH);
    expect(`${es} ${en}`).not.toMatch(SIGNS);
    expect(es).not.toBe(en);
  });
});
