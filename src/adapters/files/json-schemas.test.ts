import { expect, test } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jsonSchemas, writeJsonSchemas } from "./json-schemas.ts";

const CONFIG = join(import.meta.dirname, "../../../config");

test.each([...jsonSchemas()])(
  "config/%s is what the schemas say (else: see the header of json-schemas.ts)",
  (fileName, text) => {
    expect(readFileSync(join(CONFIG, fileName), "utf8")).toBe(text);
  },
);

test.each([...jsonSchemas().keys()])("the file of %s names it on its first line, where editors look", (fileName) => {
  const yaml = readFileSync(join(CONFIG, fileName.replace(".schema.json", ".yaml")), "utf8");
  expect(yaml.split("\n")[0]).toBe(`# yaml-language-server: $schema=./${fileName}`);
});

test("every key says what it is for, and only keys without a default are required", () => {
  const schema = JSON.parse(jsonSchemas().get("plans.schema.json") ?? "") as PlansSchema;
  const plan = schema.properties.plans.anyOf[0].items;
  expect(plan.required).toEqual(["id", "name", "interval", "line_items"]);
  expect(Object.values(plan.properties).every(({ description }) => description !== undefined)).toBe(true);
});

test("they can be written anew", () => {
  const folder = mkdtempSync(join(tmpdir(), "puntual-schemas-"));
  try {
    writeJsonSchemas(folder);
    expect(readFileSync(join(folder, "dunning.schema.json"), "utf8")).toBe(jsonSchemas().get("dunning.schema.json"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

type PlansSchema = {
  properties: {
    plans: { anyOf: [{ items: { required: string[]; properties: Record<string, { description?: string }> } }] };
  };
};
