/**
 * The letters, in Spanish: one function for each event that a customer is written about; the others have none.
 *
 * Pure. Write your own words here. What customers typed, their name above all, is escaped where it becomes HTML, and
 * kept short and on one line wherever it stands: a name must not become a paragraph of the shop's.
 */
import type { EventMessage } from "./event-message.ts";

export type Letter = { readonly subject: string; readonly text: string; readonly html: string };

/** The words of a letter, and the one thing there is to click. */
type Words = {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly button?: { readonly label: string; readonly url: string };
};

type Data = EventMessage["data"];

const LONGEST_NAME = 60;

/** @returns null: there is nothing to write to a customer about this */
export function letterOf({ type, data }: EventMessage): Letter | null {
  const words = Object.hasOwn(LETTERS, type) ? (LETTERS[type]?.(data) ?? null) : null;
  if (words === null || data.customer === null) return null;
  const greeting = `Hola, ${Array.from(oneLine(data.customer.name)).slice(0, LONGEST_NAME).join("")}:`;
  const { subject, paragraphs, button } = words;
  return {
    subject: oneLine(subject),
    text: [greeting, ...paragraphs, ...(button ? [`${button.label}: ${button.url}`] : [])].join("\n\n"),
    html: [
      ...[greeting, ...paragraphs].map((text) => `<p>${escaped(text)}</p>`),
      ...(button ? [`<p><a href="${escaped(button.url)}">${escaped(button.label)}</a></p>`] : []),
    ].join("\n"),
  };
}

const LETTERS: Readonly<Record<string, (data: Data) => Words | null>> = {
  "invoice.payment_failed": paymentFailed,
  "invoice.payment_link_created": paymentLink,
  "invoice.grace_started": (data) => ({
    subject: `Último aviso: falta tu pago de ${planOf(data)}`,
    paragraphs: [
      `Todavía no recibimos tu pago de ${moneyOf(data)} por ${planOf(data)}. Por favor, registra otra tarjeta.`,
      whatFollows(data),
    ].filter((text) => text !== ""),
  }),
  "invoice.paid": paymentReceived,
  "subscription.recovered": (data) => ({
    subject: `Tu suscripción a ${planOf(data)} está al corriente`,
    paragraphs: ["El pago pendiente quedó cubierto y tu suscripción sigue activa. No tienes que hacer nada más."],
  }),
  "card.expiring": cardExpiring,
  "invoice.uncollectible": (data) => ({
    subject: `No pudimos cobrar ${planOf(data)}`,
    paragraphs: [
      `Después de varios intentos no pudimos cobrar ${moneyOf(data)} por ${planOf(data)}, y ya no lo intentaremos más.`,
      "Si quieres conservar tu suscripción, responde a este correo.",
    ],
  }),
  "subscription.canceled": (data) => ({
    subject: `Tu suscripción a ${planOf(data)} terminó`,
    paragraphs: [`Tu suscripción a ${planOf(data)} terminó y no haremos más cargos. Puedes volver cuando quieras.`],
  }),
};

/** Nothing where nothing was paid: an invoice that a discount covers whole is paid, too. */
function paymentReceived(data: Data): Words | null {
  if (data.invoice?.amountCents === 0) return null;
  return {
    subject: `Recibimos tu pago de ${planOf(data)}`,
    paragraphs: [`Recibimos tu pago de ${moneyOf(data)} por ${planOf(data)}. ¡Gracias!`],
  };
}

/** Nothing where the customer can do nothing: a fault of the shop's own, or the end, which has a letter of its own. */
function paymentFailed(data: Data): Words | null {
  const { decline, nextStep } = data;
  if (decline === undefined || nextStep === undefined || nextStep === "hold" || nextStep === "write_off") return null;
  const paragraphs = [
    `No pudimos cobrar ${moneyOf(data)} por ${planOf(data)}. ${decline.text.es}`,
    ADVICE[decline.class] ?? "",
    whatFollows(data),
  ];
  return {
    subject: `No pudimos cobrar ${planOf(data)}`,
    paragraphs: paragraphs.filter((text) => text !== ""),
  };
}

/** What the customer can do, by the class of the decline. */
const ADVICE: Readonly<Record<string, string>> = {
  retry_later: "Por favor, asegúrate de tener saldo disponible, o registra otra tarjeta.",
  try_again_soon: "No tienes que hacer nada: fue una falla pasajera.",
  new_card: "Por favor, registra otra tarjeta.",
  customer_action: "Por favor, comunícate con tu banco para que autorice el cargo, o registra otra tarjeta.",
  never_again: "Esta tarjeta ya no se puede usar. Por favor, registra otra.",
  unrecognized: "Si el problema sigue, registra otra tarjeta o comunícate con tu banco.",
};

function whatFollows(data: Data): string {
  const { nextStep, nextAttemptAt, nextStepUntil } = data;
  if (nextStep === "retry" && nextAttemptAt) return `Volveremos a intentarlo el ${dayOf(nextAttemptAt, data)}.`;
  if (nextStep === "wait_for_card" && nextStepUntil) return `Tienes hasta el ${dayOf(nextStepUntil, data)}.`;
  if (nextStep === "grace" && nextStepUntil)
    return `Tu suscripción sigue activa hasta el ${dayOf(nextStepUntil, data)}.`;
  if (nextStep === "payment_link") return "Enseguida te enviaremos un enlace para que pagues de otra forma.";
  return "";
}

function paymentLink(data: Data): Words | null {
  const { paymentLink: link } = data;
  if (link === undefined || link.url === null || !link.url.startsWith("https://")) return null;
  const ways = link.methods.map((method) => WAYS[method] ?? method).join(", ");
  const until = `${dayOf(link.expiresAt, data)} a las ${hourOf(link.expiresAt, data)}`;
  return {
    subject: `Paga aquí ${planOf(data)}`,
    paragraphs: [`Puedes pagar ${moneyOf(data)} por ${planOf(data)} (${ways}) hasta el ${until}.`],
    button: { label: "Pagar ahora", url: link.url },
  };
}

const WAYS: Readonly<Record<string, string>> = {
  card: "con tarjeta",
  cash: "en efectivo",
  bank_transfer: "por transferencia",
};

function cardExpiring({ card }: Data): Words | null {
  if (card === undefined || card.expMonth === null || card.expYear === null) return null;
  const month = `${String(card.expMonth).padStart(2, "0")}/${card.expYear}`;
  return {
    subject: "Tu tarjeta está por vencer",
    paragraphs: [
      `La tarjeta ${card.brand ?? ""} que termina en ${card.last4 ?? "…"} vence en ${month}.`,
      "Por favor, registra otra para que tu suscripción no se interrumpa.",
    ],
  };
}

function planOf({ subscription }: Data): string {
  return subscription?.plan.name ?? "tu suscripción";
}

function moneyOf({ invoice }: Data): string {
  if (invoice === null) return "el monto";
  const { amountCents, currency } = invoice;
  return new Intl.NumberFormat("es-MX", { style: "currency", currency }).format(amountCents / 100);
}

/** In the customer's zone: the day they live by. */
function dayOf(instant: string, data: Data): string {
  return new Intl.DateTimeFormat("es-MX", { dateStyle: "long", timeZone: zoneOf(data) }).format(new Date(instant));
}

/** "23:00", in the same zone. */
function hourOf(instant: string, data: Data): string {
  const timeZone = zoneOf(data);
  const format = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone } as const;
  return new Intl.DateTimeFormat("es-MX", format).format(new Date(instant));
}

function zoneOf({ invoice }: Data): string {
  return invoice?.timeZone ?? "America/Mexico_City";
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
