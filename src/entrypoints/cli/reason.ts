/** The words a person gives for a decision that others will have to understand. */
import { UsageInvalid } from "../../domain/errors.ts";

const LEAST_CHARACTERS = 10;

/** @throws {UsageInvalid} there is none, or hardly one */
export function reasonIn(reason: string | undefined, telling = "how you know"): string {
  const text = reason?.trim() ?? "";
  if (text.length >= LEAST_CHARACTERS) return text;
  throw new UsageInvalid(
    `--reason: expected at least ${LEAST_CHARACTERS} characters that tell ${telling}; nothing was changed`,
  );
}
