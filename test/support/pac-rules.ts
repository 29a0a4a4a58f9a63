/**
 * A PAC's rules on the numbers of a CFDI 4.0, by arithmetic of their own: decimal text to whole millionths. Knows nothing of
 * how the program computes.
 *
 * @see SAT, matrix of errors of CFDI 4.0
 */
type Checked = {
  readonly concepts: readonly {
    readonly quantity: number;
    readonly valorUnitario: string;
    readonly importe: string;
    readonly descuento: string;
    readonly base: string | null;
    readonly tasaOCuota: string | null;
    readonly iva: string | null;
  }[];
  readonly subTotal: string;
  readonly descuento: string;
  readonly traslados: string;
  readonly total: string;
};

/** @returns one sentence a rule that is broken */
export function checkByPac({ concepts, ...document }: Checked): string[] {
  const sums = (({ subTotal, descuento, traslados, total }) => ({ subTotal, descuento, traslados, total }))(document);
  const broken: string[] = [];
  const claim = (holds: boolean, sentence: string): void => void (holds || broken.push(sentence));
  for (const text of Object.values(sums)) claim(/^\d+\.\d{2}$/.test(text), `two decimals: ${text}`);
  for (const each of concepts) {
    for (const text of [each.valorUnitario, each.importe, each.descuento])
      claim(/^\d+\.\d{6}$/.test(text), `six decimals: ${text}`);
    const importe = micro(each.importe);
    // Within what six decimals of the price can tell.
    const off = abs(micro(each.valorUnitario) * BigInt(each.quantity) - importe);
    claim(2n * off <= BigInt(each.quantity), `price × quantity is not ${each.importe}`);
    claim(micro(each.descuento) <= importe, `CFDI40162: Descuento ${each.descuento} of ${each.importe}`);
    if (each.base === null || each.iva === null || each.tasaOCuota === null) continue;
    claim(micro(each.base) === importe - micro(each.descuento), `Base ${each.base} is not Importe less Descuento`);
    if (each.tasaOCuota === "Exento") claim(micro(each.iva) === 0n, "Exento has no tax");
    else
      claim(
        micro(each.iva) === rounded(micro(each.base) * micro(each.tasaOCuota), 1_000_000n),
        `CFDI40167: IVA ${each.iva} of ${each.base} at ${each.tasaOCuota}`,
      );
  }
  const sumOf = (texts: readonly string[]) => texts.reduce((sum, text) => sum + micro(text), 0n);
  const imports = sumOf(concepts.map(({ importe }) => importe));
  claim(micro(sums.subTotal) === toCents(imports), `CFDI40108: SubTotal ${sums.subTotal}, concepts ${imports}`);
  const discounts = sumOf(concepts.map((each) => each.descuento));
  claim(
    micro(sums.descuento) === toCents(discounts),
    `CFDI40110: Descuento ${sums.descuento}, concepts ${decimal(discounts)}`,
  );
  // CFDI40221: each rate of the summary is the sum of its concepts; CFDI40215: their sum is what is told.
  const byRate = Map.groupBy(
    concepts.filter(({ tasaOCuota }) => tasaOCuota !== null && tasaOCuota !== "Exento"),
    ({ tasaOCuota }) => tasaOCuota,
  );
  const summary = [...byRate.values()].map((ofRate) => toCents(sumOf(ofRate.map(({ iva }) => iva ?? "0.000000"))));
  const taxes = summary.reduce((sum, each) => sum + each, 0n);
  claim(micro(sums.traslados) === taxes, `CFDI40215: Traslados ${sums.traslados}, rates ${decimal(taxes)}`);
  claim(
    micro(sums.total) === micro(sums.subTotal) - micro(sums.descuento) + micro(sums.traslados),
    `CFDI40119: Total ${sums.total}`,
  );
  return broken;
}

function micro(text: string): bigint {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}

function decimal(amount: bigint): string {
  return `${amount / 1_000_000n}.${String(amount % 1_000_000n).padStart(6, "0")}`;
}

function toCents(amount: bigint): bigint {
  return rounded(amount, 10_000n) * 10_000n;
}

function rounded(dividend: bigint, divisor: bigint): bigint {
  return dividend / divisor + (2n * (dividend % divisor) >= divisor ? 1n : 0n);
}

function abs(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
