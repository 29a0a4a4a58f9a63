/** Writes docs/openapi.json anew: `node test/api/write-openapi.ts`. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { description } from "../../src/entrypoints/http/api/endpoints.ts";

const file = path.join(import.meta.dirname, "..", "..", "docs", "openapi.json");
writeFileSync(file, `${JSON.stringify(description(), null, 2)}\n`);
