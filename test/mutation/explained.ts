/** Changes that no test can notice, or that none should: each with its reason. They count as drawn, not as killed. */
export type Explained = {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  readonly because: string;
};

export const EXPLAINED: readonly Explained[] = [];
