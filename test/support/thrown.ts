/** What some work throws, as data: its kind, what it says, and how it is mended. */
import type { InputFault, Mend } from "../../src/domain/errors.ts";
import type { Said } from "../../src/domain/refusals.ts";

export type Thrown = {
  readonly name: string;
  readonly message: string;
  readonly said: Said | null;
  readonly mend: Mend | null;
  readonly faults?: readonly InputFault[];
};

/** @throws nothing was thrown */
export async function thrownBy(work: Promise<unknown>): Promise<Thrown> {
  const done = await work.then(
    () => null,
    (error: unknown) => error as Thrown,
  );
  if (done === null) throw new Error("it was done, and nothing was thrown");
  return done;
}
