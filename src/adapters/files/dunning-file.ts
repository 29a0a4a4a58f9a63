/**
 * config/dunning.yaml → the policies by name, or every fault of the file at once, each with its place.
 *
 * Pure: text in, values out.
 */
import { z } from "zod";
import { type DunningPolicy, FINAL_ACTIONS } from "../../domain/dunning.ts";
import { readValue } from "./schema-faults.ts";
import { readYaml } from "./yaml-file.ts";

const policySchema = z.strictObject({
  retry_after_days: z
    .array(z.int().min(1).max(90))
    .max(20)
    .meta({ description: "Days to wait after the 1st, 2nd, … decline. As many tries more as there are numbers." }),
  final_action: z
    .enum(FINAL_ACTIONS)
    .default("unpaid")
    .meta({ description: "What becomes of the subscription when the last try is declined, too." }),
});

export const dunningFileSchema = z
  .strictObject({
    policies: z
      .record(
        z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "expected a plain word as a policy's name"),
        policySchema,
      )
      .meta({ description: "A plan names its policy with dunning: standard." }),
  })
  .meta({ title: "Puntual: what to do after a declined charge (config/dunning.yaml)" });

/** @throws {ConfigurationInvalid} with every fault of the file */
export function parseDunningFile(
  text: string,
  { fileName }: { readonly fileName: string },
): ReadonlyMap<string, DunningPolicy> {
  const file = readYaml(text, fileName);
  if (file.value === undefined) file.throwFaults();
  const entry = readValue(file, dunningFileSchema, file.value ?? {}, []);
  file.throwFaults();

  return new Map(
    Object.entries(entry?.policies ?? {}).map(([name, policy]) => [
      name,
      { retryAfterDays: policy.retry_after_days, finalAction: policy.final_action },
    ]),
  );
}
