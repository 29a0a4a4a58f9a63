/**
 * The listening socket. While it is stopped, the operating system refuses every connection.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

export class Listener {
  readonly #server: Server;
  readonly #host: string;
  #port: number;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = true;
  #starting: Promise<void> = Promise.resolve();

  constructor(server: Server, host: string, port: number) {
    this.#server = server;
    this.#host = host;
    this.#port = port;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  get port(): number {
    return this.#port;
  }

  /** Resolves when connections are accepted; the port chosen the first time is kept. */
  start(): Promise<void> {
    if (!this.#isStopped) return this.#starting;
    this.#isStopped = false;
    this.#stopTimer();
    this.#starting = new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port, this.#host, () => {
        this.#server.off("error", reject);
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
    return this.#starting;
  }

  /** @param forMs wall time until it listens again by itself; absent: until `start` */
  stop(forMs?: number): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#server.close();
    this.#server.closeIdleConnections();
    if (forMs === undefined) return;
    this.#timer = setTimeout(() => void this.start(), forMs);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    this.#stopTimer();
    await this.#starting;
    this.#isStopped = true;
    const closed = new Promise<void>((resolve) => {
      // Once stopped, `close` reports an error that says only that.
      this.#server.close(() => resolve());
    });
    this.#server.closeAllConnections();
    await closed;
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
