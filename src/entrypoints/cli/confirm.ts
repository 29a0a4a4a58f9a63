/** Asks before what cannot be undone. Without a terminal nobody can answer, so --yes must have been given. */
import { createInterface } from "node:readline/promises";
import { Refused, UsageInvalid } from "../../domain/errors.ts";
import { terminal } from "./terminal.ts";

const YES = /^(y|yes|s|si|sí)$/i;

/**
 * @throws {UsageInvalid} there is nobody to ask
 * @throws {Refused} the answer was not yes
 */
export async function confirmOrStop(question: string, { yes }: { readonly yes?: true }): Promise<void> {
  if (yes) return;
  const { stderr } = terminal();
  const stdin = terminal().stdin();
  if (!stdin.isTTY || !stderr.isTTY)
    throw new UsageInvalid(`${question}\nThere is no terminal to ask on. Nothing was changed; --yes goes on.`);
  const asking = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await asking.question(`${question} [y/N] `);
    if (!YES.test(answer.trim())) throw new Refused("nothing was changed");
  } finally {
    asking.close();
  }
}
