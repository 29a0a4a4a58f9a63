/**
 * Read first by each thread that runs test files. jest-light-runner runs them in plain Node, which reads TypeScript by
 * itself, and loads the program once a thread instead of once a file: a third of the CPU. It leaves two things to us:
 * `@jest/globals`, and a limit of time for a test that hangs.
 */
import { registerHooks } from "node:module";
import { setTimeout } from "node:timers/promises";
import { addEventHandler } from "jest-circus";

const GLOBALS = new URL("jest-globals.ts", import.meta.url).href;
// No test waits for time to pass; this only ends what hangs, on however slow a machine.
const timeoutMs = Number(process.env["TEST_TIMEOUT_MS"]);

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "@jest/globals" ? { url: GLOBALS, shortCircuit: true } : next(specifier, context),
});

addEventHandler(({ name }, { currentDescribeBlock }) => {
  if (name !== "add_test") return;
  const added = currentDescribeBlock.children.at(-1);
  if (added?.type !== "test") return;
  const run = added.fn as () => unknown;
  added.fn = () => endInTime(async () => run());
});

async function endInTime(run: () => Promise<unknown>): Promise<void> {
  const ended = new AbortController();
  const hang = async () => {
    await setTimeout(timeoutMs, undefined, { signal: ended.signal });
    throw new Error(`the test did not end within ${timeoutMs / 1000} s`);
  };
  try {
    await Promise.race([run(), hang()]);
  } finally {
    ended.abort();
  }
}
