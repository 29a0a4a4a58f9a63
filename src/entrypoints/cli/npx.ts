/**
 * Stopping `npx puntual …` stops Puntual.
 *
 * npx hands a signal to the shell it started, and that dies without telling us: the daemon would go on charging,
 * unseen, and hold the right to charge. So whoever runs for longer looks whether its parent is still there, and takes
 * the loss for the SIGTERM that was meant.
 */
import { terminal } from "./terminal.ts";
const LOOK_EVERY_MS = 1000;

export async function stopWithNpx(): Promise<void> {
  const { isStartedByNpx } = await import("../../config.ts");
  if (!isStartedByNpx(terminal().env)) return;
  const parent = process.ppid;
  const looking = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(looking);
    process.kill(process.pid, "SIGTERM");
  }, LOOK_EVERY_MS);
  // Never the reason to go on.
  looking.unref();
}
