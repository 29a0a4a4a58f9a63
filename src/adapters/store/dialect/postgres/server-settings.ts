/** Which database of which server, and how it is reached. */
export const TLS_MODES = ["disable", "require", "verify-ca", "verify-full"] as const;
export type TlsMode = (typeof TLS_MODES)[number];

export type PostgresDatabase = {
  readonly kind: "postgres";
  /** For people: without user and password. */
  readonly name: string;
  readonly server: {
    /** A name, an address, or the folder of a socket. */
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: { reveal(): string } | null;
    readonly database: string;
    readonly tls: TlsMode;
    /** The file of the certificate that signed the server's; null: those that Node knows. */
    readonly rootCertificate: string | null;
  };
  /** Connections at once. */
  readonly pool: number;
};
