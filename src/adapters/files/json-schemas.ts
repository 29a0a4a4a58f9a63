/**
 * JSON Schemas of the files in config/, for editors: completion, a word about every key, faults while typing.
 *
 * Made of the schemas that judge the files. They are committed, so that an editor finds them; after a change:
 *   npx node -e 'import("./src/adapters/files/json-schemas.ts").then((it) => it.writeJsonSchemas("config"))'
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { dunningFileSchema } from "./dunning-schema.ts";
import { fiscalFileSchema } from "./fiscal-file.ts";
import { plansFileSchema } from "./plans-schema.ts";

/** File name → text. */
export function jsonSchemas(): ReadonlyMap<string, string> {
  return new Map([
    ["plans.schema.json", jsonSchema(plansFileSchema)],
    ["dunning.schema.json", jsonSchema(dunningFileSchema)],
    ["fiscal.schema.json", jsonSchema(fiscalFileSchema)],
  ]);
}

export function writeJsonSchemas(folder: string): void {
  for (const [fileName, text] of jsonSchemas()) writeFileSync(join(folder, fileName), text);
}

/** Of what is written, not of what is read: keys with a default may be left out. Draft 7 is what editors know best. */
function jsonSchema(schema: z.ZodType): string {
  return `${JSON.stringify(z.toJSONSchema(schema, { io: "input", target: "draft-7" }), null, 2)}\n`;
}
