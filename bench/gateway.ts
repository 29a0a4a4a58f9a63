import { spawn } from "node:child_process";
import path from "node:path";

/** The stand-in for Conekta, in a process of its own, until it is disposed of. */
export async function startGateway(latencyMs: string): Promise<Disposable & { readonly url: string }> {
  const gateway = spawn(process.execPath, [path.join(import.meta.dirname, "gateway-server.ts"), latencyMs], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve) =>
    gateway.stdout.once("data", (line: Buffer) => resolve(line.toString().trim())),
  );
  return { url, [Symbol.dispose]: () => void gateway.kill() };
}
