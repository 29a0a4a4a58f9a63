/** What asks a process to stop: a signal, a terminal that is closed, or the process manager's message. */

/** @returns how to stop listening */
export function onStop(stop: (signal: string) => void): () => void {
  const onMessage = (message: unknown): void => {
    if (message === "shutdown") stop("shutdown");
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // A terminal that is closed.
  process.on("SIGHUP", stop);
  process.on("message", onMessage);
  return () => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    process.off("SIGHUP", stop);
    process.off("message", onMessage);
  };
}
