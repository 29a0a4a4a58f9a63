/** What this process has computed so far. A busy machine makes a test wait, and leaves this alone. */
export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
