/**
 * What the accountant must know of who pays, and of who sells, before a CFDI can be stamped: RFC, name, postal code, régimen
 * fiscal, and what the receiver uses it for.
 *
 * Pure. Every fault is one sentence. That the SAT has the same name and postal code under this RFC is not checked here: only
 * the SAT knows.
 *
 * @see SAT, catalogues c_RegimenFiscal and c_UsoCFDI of CFDI 4.0 (read 2026-11-28)
 */
import { type Holder, holderOf, normalizedRfc, RFC_FOREIGN, RFC_PUBLIC, type RfcFault, rfcFaultOf } from "./rfc.ts";
import { said, type Said } from "./refusals.ts";

/** Of a customer: the receiver of a CFDI. */
export type TaxData = {
  readonly rfc: string;
  /** As it stands on the constancia de situación fiscal. */
  readonly name: string;
  /** Of the fiscal domicile. */
  readonly postalCode: string;
  /** Régimen fiscal: "626" */
  readonly regime: string;
  /** Uso CFDI: "G03" */
  readonly use: string;
};

/** Of the merchant: the issuer. Its postal code is the place of issue. */
export type Issuer = Omit<TaxData, "use">;

type Regime = { readonly name: string; readonly holders: readonly Holder[] };

const PERSON = ["person"] as const;
const COMPANY = ["company"] as const;
const BOTH = ["person", "company"] as const;

export const REGIMES: Readonly<Record<string, Regime>> = {
  "601": { name: "General de Ley Personas Morales", holders: COMPANY },
  "603": { name: "Personas Morales con Fines no Lucrativos", holders: COMPANY },
  "605": { name: "Sueldos y Salarios e Ingresos Asimilados a Salarios", holders: PERSON },
  "606": { name: "Arrendamiento", holders: PERSON },
  "607": { name: "Enajenación o Adquisición de Bienes", holders: PERSON },
  "608": { name: "Demás ingresos", holders: PERSON },
  "610": { name: "Residentes en el Extranjero sin Establecimiento Permanente en México", holders: BOTH },
  "611": { name: "Ingresos por Dividendos (socios y accionistas)", holders: PERSON },
  "612": { name: "Personas Físicas con Actividades Empresariales y Profesionales", holders: PERSON },
  "614": { name: "Ingresos por intereses", holders: PERSON },
  "615": { name: "Ingresos por obtención de premios", holders: PERSON },
  "616": { name: "Sin obligaciones fiscales", holders: PERSON },
  "620": { name: "Sociedades Cooperativas de Producción que optan por diferir sus ingresos", holders: COMPANY },
  "621": { name: "Incorporación Fiscal", holders: PERSON },
  "622": { name: "Actividades Agrícolas, Ganaderas, Silvícolas y Pesqueras", holders: BOTH },
  "623": { name: "Opcional para Grupos de Sociedades", holders: COMPANY },
  "624": { name: "Coordinados", holders: COMPANY },
  "625": { name: "Actividades Empresariales a través de Plataformas Tecnológicas", holders: PERSON },
  "626": { name: "Régimen Simplificado de Confianza", holders: BOTH },
};

/** Who deducts it as an expense of a business. */
const BUSINESS = ["601", "603", "606", "612", "620", "621", "622", "623", "624", "625", "626"];
/** Who deducts it as a person in the yearly return. */
const PERSONAL = ["605", "606", "607", "608", "611", "612", "614", "615", "625"];
const ANY = Object.keys(REGIMES);

type Use = { readonly name: string; readonly regimes: readonly string[] };

const use = (name: string, regimes: readonly string[]): Use => ({ name, regimes });

export const USES: Readonly<Record<string, Use>> = {
  G01: use("Adquisición de mercancías", BUSINESS),
  G02: use("Devoluciones, descuentos o bonificaciones", [...BUSINESS, "616"]),
  G03: use("Gastos en general", BUSINESS),
  I01: use("Construcciones", BUSINESS),
  I02: use("Mobiliario y equipo de oficina por inversiones", BUSINESS),
  I03: use("Equipo de transporte", BUSINESS),
  I04: use("Equipo de cómputo y accesorios", BUSINESS),
  I05: use("Dados, troqueles, moldes, matrices y herramental", BUSINESS),
  I06: use("Comunicaciones telefónicas", BUSINESS),
  I07: use("Comunicaciones satelitales", BUSINESS),
  I08: use("Otra maquinaria y equipo", BUSINESS),
  D01: use("Honorarios médicos, dentales y gastos hospitalarios", PERSONAL),
  D02: use("Gastos médicos por incapacidad o discapacidad", PERSONAL),
  D03: use("Gastos funerales", PERSONAL),
  D04: use("Donativos", PERSONAL),
  D05: use("Intereses reales pagados por créditos hipotecarios (casa habitación)", PERSONAL),
  D06: use("Aportaciones voluntarias al SAR", PERSONAL),
  D07: use("Primas por seguros de gastos médicos", PERSONAL),
  D08: use("Gastos de transportación escolar obligatoria", PERSONAL),
  D09: use("Depósitos en cuentas para el ahorro, primas de planes de pensiones", PERSONAL),
  D10: use("Pagos por servicios educativos (colegiaturas)", PERSONAL),
  S01: use("Sin efectos fiscales", ANY),
};

export type TaxDataField = keyof TaxData;
export type TaxDataFault = { readonly field: TaxDataField; readonly what: Said };

/** As it is stored: spaces and small letters do not count. */
export function normalizedTaxData(given: TaxData): TaxData {
  return {
    rfc: normalizedRfc(given.rfc),
    name: given.name.trim().replaceAll(/\s+/g, " "),
    postalCode: given.postalCode.trim(),
    regime: given.regime.trim(),
    use: given.use.trim().toUpperCase(),
  };
}

/** Of normalized data; every fault, and none twice. */
export function taxDataFaults(data: TaxData): readonly TaxDataFault[] {
  const { rfc, regime, use: code } = data;
  const faults: (TaxDataFault | null)[] =
    rfc === RFC_PUBLIC
      ? [
          {
            field: "rfc",
            what: said("rfc_public", { rfc: RFC_PUBLIC }),
          },
        ]
      : issuerFaults(data).map((fault) => fault);
  const known = USES[code];
  if (known === undefined)
    faults.push({ field: "use", what: said("tax_use", { given: code, known: Object.keys(USES).join(", ") }) });
  else if (rfc === RFC_FOREIGN && code !== "S01")
    faults.push({ field: "use", what: said("tax_use_abroad", { given: code }) });
  else if (regime in REGIMES && !known.regimes.includes(regime))
    faults.push({
      field: "use",
      what: said("tax_use_of_regime", {
        ...{ given: code, name: known.name, regime, regimeName: REGIMES[regime]?.name ?? "" },
        known: usesFor(regime).join(", "),
      }),
    });
  return faults.filter((fault) => fault !== null);
}

/** Of who sells, the same without a use. */
export function issuerFaults({ rfc, name, postalCode, regime }: Issuer): readonly TaxDataFault[] {
  const faults: TaxDataFault[] = [];
  const rfcFault = rfcFaultOf(rfc);
  if (rfcFault !== null) faults.push({ field: "rfc", what: RFC_FAULTS[rfcFault](rfc) });
  if (name.length === 0 || name.length > 300 || name.includes("|"))
    faults.push({
      field: "name",
      what: said("tax_name"),
    });
  if (!/^\d{5}$/.test(postalCode))
    faults.push({ field: "postalCode", what: said("tax_postal_code", { given: postalCode }) });
  const known = REGIMES[regime];
  if (known === undefined)
    faults.push({
      field: "regime",
      what: said("tax_regime", { given: regime, known: Object.keys(REGIMES).join(", ") }),
    });
  else if (rfc === RFC_FOREIGN && regime !== "616")
    faults.push({
      field: "regime",
      what: said("tax_regime_abroad", { given: regime }),
    });
  else if (rfcFault === null && !known.holders.includes(holderOf(rfc)))
    faults.push({
      field: "regime",
      what: said("tax_regime_holder", {
        ...{ regime, name: known.name, holders: HOLDERS[known.holders[0] ?? "person"] },
        ...{ rfc, holder: HOLDER[holderOf(rfc)] },
      }),
    });
  return faults;
}

/** Uses that fit a régimen, as the catalogue pairs them. */
export function usesFor(regime: string): readonly string[] {
  return Object.keys(USES).filter((code) => USES[code]?.regimes.includes(regime));
}

const HOLDER = { person: "a person", company: "a company" } as const;
const HOLDERS = { person: "persons", company: "companies" } as const;

const RFC_FAULTS: Readonly<Record<RfcFault, (rfc: string) => Said>> = {
  form: (rfc) => said("rfc_form", { rfc }),
  date: (rfc) => said("rfc_date", { rfc, digits: rfc.slice(-9, -3) }),
  check_digit: (rfc) => said("rfc_check_digit", { rfc }),
};
