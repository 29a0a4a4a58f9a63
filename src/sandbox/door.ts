/**
 * Listening, and on demand not listening: connections are then refused by the operating system, for everyone.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

export class Door {
  readonly #server: Server;
  readonly #host: string;
  #port: number;
  #timer: NodeJS.Timeout | null = null;
  #isShut = true;
  #opening: Promise<void> = Promise.resolve();

  constructor(server: Server, host: string, port: number) {
    this.#server = server;
    this.#host = host;
    this.#port = port;
  }

  get isShut(): boolean {
    return this.#isShut;
  }

  get port(): number {
    return this.#port;
  }

  /** Resolves when connections are accepted; the port chosen the first time is kept. */
  open(): Promise<void> {
    if (!this.#isShut) return this.#opening;
    this.#isShut = false;
    this.#stopTimer();
    this.#opening = new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port, this.#host, () => {
        this.#server.off("error", reject);
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
    return this.#opening;
  }

  /** @param forMs wall time until it opens by itself; absent: until `open` */
  shut(forMs?: number): void {
    if (this.#isShut) return;
    this.#isShut = true;
    this.#server.close();
    this.#server.closeIdleConnections();
    if (forMs === undefined) return;
    this.#timer = setTimeout(() => void this.open(), forMs);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    this.#stopTimer();
    await this.#opening;
    this.#isShut = true;
    const closed = new Promise<void>((resolve) => {
      // With the door shut already, `close` reports an error that means just that.
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
