/** What kept a charge from being made, by the name that a person set it with: the limit of a run is an option. */
export function limitName(because: string): string {
  return because === "asked_charges" ? "--limit" : because;
}

/** A document of a run, in which its limits have those names. */
export function withLimitName<Document extends { readonly stoppedAt: string | null }>(document: Document): Document {
  const { stoppedAt } = document;
  return stoppedAt === null ? document : { ...document, stoppedAt: limitName(stoppedAt) };
}
