/**
 * Metadata: at most 100 keys, each a string of at most 249 characters, a number or a boolean; no nesting.
 *
 * @see Conekta API 2.3.0 specification, schema `order_request.metadata`
 */
import { z } from "zod";

const KEYS_MAX = 100;

export const metadataSchema = z
  .record(z.string(), z.union([z.string().max(249), z.number(), z.boolean()]))
  .refine((metadata) => Object.keys(metadata).length <= KEYS_MAX, { error: `at most ${KEYS_MAX} keys` });

export type Metadata = Readonly<Record<string, string | number | boolean>>;
