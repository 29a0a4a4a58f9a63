/**
 * A card as a command receives it: its token, or (for merchants of PCI DSS level 1) the card itself on standard input.
 *
 * A card number is never an argument, where every process of the machine could read it, and never part of a message.
 */
import { text } from "node:stream/consumers";
import { z } from "zod";
import type { NewCard } from "../../application/ports/gateway.ts";
import { ConfigurationInvalid, UsageInvalid } from "../../domain/errors.ts";
import { terminal } from "./terminal.ts";

type CardOptions = { readonly token?: string; readonly cardStdin?: true };

const EXPECTED =
  '{"number":"4242424242424242","name":"Jorge Lopez","exp_month":12,"exp_year":2030,"cvc":"123"}, with the name as on the card';

const digits = (from: number, to: number) => z.string().regex(new RegExp(String.raw`^\d{${from},${to}}$`));
const cardSchema = z.strictObject({
  number: digits(13, 19),
  name: z.string().trim().min(1),
  exp_month: z.coerce.number().int().min(1).max(12),
  exp_year: z.coerce.number().int().min(2000).max(2100),
  cvc: digits(3, 4),
});

/** @returns null when no card was given */
export async function readCard({ token, cardStdin }: CardOptions, pciDssLevel1: boolean): Promise<NewCard | null> {
  if (token !== undefined && cardStdin) throw new UsageInvalid("--token and --card-stdin exclude each other; give one");
  if (token !== undefined) return readToken(token);
  if (!cardStdin) return null;
  if (!pciDssLevel1)
    throw new ConfigurationInvalid("A raw card number is refused, and was not read", [
      {
        where: "CONEKTA_PCI_DSS_LEVEL_1",
        what: "only merchants certified for PCI DSS level 1 may handle card numbers: set it to true if you are, else store the card by its token (--token tok_…)",
      },
    ]);
  const stdin = terminal().stdin();
  if (stdin.isTTY) throw new UsageInvalid(`--card-stdin: pipe the card in as JSON, like ${EXPECTED}`);
  return readRawCard(await text(stdin));
}

function readToken(token: string): NewCard {
  if (/^tok_[A-Za-z0-9_]+$/.test(token)) return { tokenId: token };
  throw new UsageInvalid("--token: expected a token made by Conekta's tokenizer, like tok_…");
}

function readRawCard(input: string): NewCard {
  const read = cardSchema.safeParse(parsed(input));
  if (read.success) {
    const { number, name: holderName, exp_month: expMonth, exp_year: expYear, cvc } = read.data;
    return { number, holderName, expMonth, expYear, cvc };
  }
  const fields = read.error.issues.map(({ path }) => path.join(".")).filter((field) => field in cardSchema.shape);
  const where = fields.length === 0 ? "" : ` (look at ${[...new Set(fields)].join(", ")})`;
  throw new UsageInvalid(`--card-stdin: standard input is not a card${where}; expected ${EXPECTED}`);
}

function parsed(input: string): unknown {
  try {
    return JSON.parse(input) as unknown;
  } catch {
    return null;
  }
}
