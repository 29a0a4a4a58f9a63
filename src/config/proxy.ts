/**
 * The proxy between this machine and the world, by the variables that every program reads: HTTPS_PROXY, HTTP_PROXY and
 * NO_PROXY, in capitals or not.
 */
import type { InputFault } from "../domain/errors.ts";
import type { Env } from "./environment.ts";

/** Empty: none. `noProxy` is a list with commas. */
export type Proxy = { readonly httpProxy: string; readonly httpsProxy: string; readonly noProxy: string };

/** Never through a proxy: what listens there is this machine's own (the sandbox, a receiver beside it). */
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** @returns what is no address of a proxy. It is not repeated: it may carry a password */
export function proxyFaults(env: Env): InputFault[] {
  const names = ["HTTPS_PROXY", "HTTP_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
  return names.flatMap((name) => {
    const entry = env.entries.get(name);
    if (entry === undefined || entry.text === "" || isProxyAddress(entry.text)) return [];
    const what = "is no proxy's address; expected one like http://proxy.example.mx:3128, with http:// before it";
    return [{ where: `${name} (${entry.from})`, what }];
  });
}

function isProxyAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.hostname !== "";
}

/** @returns null: there is no proxy. An address may carry a password: it is shown nowhere */
export function proxyOf(env: Env): Proxy | null {
  const valueOf = (name: string): string =>
    env.entries.get(name)?.text || env.entries.get(name.toLowerCase())?.text || "";
  const httpProxy = valueOf("HTTP_PROXY");
  const httpsProxy = valueOf("HTTPS_PROXY") || httpProxy;
  if (httpsProxy === "") return null;
  return { httpProxy, httpsProxy, noProxy: [valueOf("NO_PROXY"), ...LOOPBACK].filter((host) => host !== "").join(",") };
}
