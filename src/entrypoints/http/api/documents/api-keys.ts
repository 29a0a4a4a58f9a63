/** Who may call. */
import { z } from "zod";
import type { ApiKeyRow } from "../../../../application/ports/api-keys.ts";
import { SCOPES } from "../../../../domain/api-key.ts";
import { rowOf } from "../row-schema.ts";
import { instant, instantOrNull, text, textOrNull } from "./values.ts";

export const keyRow = rowOf<ApiKeyRow>("ApiKey")({
  name: text,
  scopes: z.array(z.enum(SCOPES)),
  last4: text,
  createdAt: instant,
  createdBy: text,
  lastUsedAt: instantOrNull,
  revokedAt: instantOrNull,
  revokedBy: textOrNull,
});
