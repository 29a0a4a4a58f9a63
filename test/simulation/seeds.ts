/** Seeds lived one after the other. @returns a sentence for each invariant that one of them breaks */
import { live, type LifeOptions } from "./life.ts";

export async function failuresOf(
  options: Omit<LifeOptions, "seed">,
  first: number,
  count: number,
): Promise<readonly string[]> {
  const failures: string[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const { violations } = await live({ ...options, seed });
    failures.push(...violations.map(({ rule, what }) => `seed ${seed}: ${rule} ${what}`));
  }
  return failures;
}
