/** Asks before what cannot be undone. Without a terminal nobody can answer, so --yes must have been given. */
import { createInterface } from "node:readline/promises";
import { NeedsConfirmation, Refused, UsageInvalid } from "../../domain/errors.ts";
import { failureWords } from "./mend-words.ts";
import { harmless } from "./print.ts";
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
    const answer = await asking.question(`${harmless(question)} [y/N] `);
    if (!YES.test(answer.trim())) throw new Refused("nothing was changed");
  } finally {
    asking.close();
  }
}

/** Asks where there is somebody to ask; a script goes on. For what can be taken back. */
export async function confirmOnTerminal(question: string, options: { readonly yes?: true }): Promise<void> {
  if (terminal().stdin().isTTY && terminal().stderr.isTTY) await confirmOrStop(question, options);
}

/** Does it. Where it looks like a mistake, nothing was done; a person is asked, and it is done on their word. */
export async function doOnceConfirmed<T>(
  act: (confirmed: boolean) => Promise<T>,
  options: { readonly yes?: true },
): Promise<T> {
  if (options.yes) return await act(true);
  try {
    return await act(false);
  } catch (error) {
    if (!(error instanceof NeedsConfirmation)) throw error;
    await confirmOrStop(`${failureWords(error)}\nGo on all the same?`, options);
    return await act(true);
  }
}
