/**
 * The proxy between this machine and the world, by the variables that every program reads: HTTPS_PROXY, HTTP_PROXY and
 * NO_PROXY, in capitals or not.
 */
import type { Env } from "./environment.ts";

/** Empty: none. `noProxy` is a list with commas. */
export type Proxy = { readonly httpProxy: string; readonly httpsProxy: string; readonly noProxy: string };

/** Never through a proxy: what listens there is this machine's own (the sandbox, a receiver beside it). */
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** @returns null: there is no proxy. An address may carry a password: it is shown nowhere */
export function proxyOf(env: Env): Proxy | null {
  const valueOf = (name: string): string =>
    env.entries.get(name)?.text || env.entries.get(name.toLowerCase())?.text || "";
  const httpProxy = valueOf("HTTP_PROXY");
  const httpsProxy = valueOf("HTTPS_PROXY") || httpProxy;
  if (httpsProxy === "") return null;
  return { httpProxy, httpsProxy, noProxy: [valueOf("NO_PROXY"), ...LOOPBACK].filter((host) => host !== "").join(",") };
}
