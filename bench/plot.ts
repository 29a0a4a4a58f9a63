/** The results of `compare.ts` as a picture: a row a contest, a column a figure, each as a ratio to the limit's. */
export type Spread = { readonly lowest: number; readonly median: number; readonly highest: number };
export type Result = {
  readonly key: string;
  readonly name: string;
  readonly who: string;
  readonly gatewayMs: number;
  readonly charges: number;
  readonly figures: readonly {
    readonly what: string;
    readonly limit: Spread;
    readonly contender: Spread;
    /** Of each round, so that what the machine did meanwhile is in both. */
    readonly ratio: Spread;
  }[];
};

const LEFT = 330;
const COLUMN = 118;
const BAR = 66;
const ROW = 34;
const TOP = 58;
/** A script waits for its disk twenty times as often: beside its bar nothing else would be seen. */
const LONGEST = 4;

export function plotOf(results: readonly Result[]): string {
  const columns = [...new Set(results.flatMap(({ figures }) => figures.map(({ what }) => what)))];
  const width = LEFT + columns.length * COLUMN + 10;
  const height = TOP + results.length * ROW + 10;
  const heads = columns.map(
    (what, at) => `<text x="${LEFT + at * COLUMN}" y="44">${what.replace(/, (MiB|ms)$/, "")}</text>`,
  );
  const rows = results.map(({ name, figures }, row) => {
    const y = TOP + row * ROW;
    const cells = figures.map(({ what, ratio }) => {
      const most = Math.min(LONGEST, Math.max(1, ...ratiosOf(results, what).map(({ highest }) => highest)));
      return cell(ratio, (value) => LEFT + columns.indexOf(what) * COLUMN + (Math.min(value, most) / most) * BAR, y);
    });
    return [`<text x="10" y="${y + 14}">${name}</text>`, ...cells].join("\n");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="10" y="20">As a ratio to the limit's (the grey line is 1: a program written by hand for nothing else), median of the rounds and their spread</text>
${heads.join("\n")}
${rows.join("\n")}
</svg>
`;
}

function ratiosOf(results: readonly Result[], what: string): Spread[] {
  return results.flatMap(({ figures }) => figures.flatMap((each) => (each.what === what ? [each.ratio] : [])));
}

function cell({ lowest, median, highest }: Spread, x: (ratio: number) => number, y: number): string {
  const [left, limit, end] = [x(0), x(1), x(highest)].map((at) => at.toFixed(1));
  return [
    `<rect x="${left}" y="${y}" width="${(x(median) - x(0)).toFixed(1)}" height="18" fill="#3b6ea5"/>`,
    `<line x1="${x(lowest).toFixed(1)}" x2="${end}" y1="${y + 9}" y2="${y + 9}" stroke="#111"/>`,
    `<line x1="${limit}" x2="${limit}" y1="${y - 2}" y2="${y + 20}" stroke="#999"/>`,
    `<text x="${(x(highest) + 5).toFixed(1)}" y="${y + 14}">${median.toFixed(2)}</text>`,
  ].join("\n");
}
