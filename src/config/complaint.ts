/** What is wrong with a text, for a person: what was given, what was expected, how to mend it. */
export class Complaint {
  readonly what: string;
  constructor(what: string) {
    this.what = what;
  }
}
