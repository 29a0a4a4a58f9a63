/**
 * What the program writes down of itself is English, in the log and in the books: why a tick left something undone, what an
 * answer of Conekta was taken for. Whoever reads it in Spanish is told the same.
 *
 * Pure. A sentence that stands nowhere here, such as a person's own words, is shown as it is.
 */
import type { Language, Text } from "../domain/language.ts";

/** `{why}` and `{rest}` are such sentences themselves; every other name in braces is the same in both languages. */
const SENTENCES: readonly (readonly [en: string, es: string])[] = [
  // ---- why nobody, or not everybody, is charged
  ["{by} stopped charging: {said}", "{by} detuvo los cobros: {said}"],
  [
    "{limit} is reached: {charges} charges of {cents} cents were sent within an hour, and more are due. Look whether they are right; then let it go on, or raise the limit",
    "se llegó a {limit}: en una hora se enviaron {charges} cargos por {cents} centavos, y vencen más. Vea si son correctos; luego permita que siga, o suba el límite",
  ],
  [
    "another process charges from a copy of this database: Conekta has the order {order}, made by this installation and not known here. Stop the copy",
    "otro proceso cobra desde una copia de esta base de datos: Conekta tiene la orden {order}, hecha por esta instalación y desconocida aquí. Detenga la copia",
  ],
  [
    "this database has charged nobody yet, and Conekta has the order {order} of another installation ({id}) for {what}, which is due here: was the database lost, or begun anew by mistake? Put the right one back; or, if these charges are to be made, say so",
    "esta base de datos aún no ha cobrado a nadie, y Conekta tiene la orden {order} de otra instalación ({id}) por {what}, que vence aquí: ¿se perdió la base de datos, o se empezó otra por error? Ponga la correcta; o, si estos cargos deben hacerse, dígalo",
  ],
  [
    "these books are older than what was last charged from them (was a backup restored?): Conekta has the order {order}, which they lack",
    "estos libros son más viejos que lo último que se cobró con ellos (¿se restauró un respaldo?): Conekta tiene la orden {order}, y aquí falta",
  ],
  [
    "Conekta does not accept the key (status {status}, tried to {what}). Check CONEKTA_API_KEY: that it is the private key, whole, active, and allowed from this address.",
    "Conekta no acepta la llave (estado {status}). Revise CONEKTA_API_KEY: que sea la llave privada, completa, activa y permitida desde esta dirección.",
  ],
  [
    "this clock and the gateway's differ, and no invoice is opened",
    "este reloj y el de Conekta difieren, y no se abre ninguna factura",
  ],
  [
    "no invoice is opened: Conekta does not answer, so this clock cannot be checked",
    "no se abre ninguna factura: Conekta no responde, y no se puede comprobar este reloj",
  ],
  [
    "no card is charged: Conekta's orders cannot be listed, so this database may be a restored backup",
    "no se cobra ninguna tarjeta: no se pueden listar las órdenes de Conekta, y esta base de datos podría ser un respaldo restaurado",
  ],
  [
    "no card is charged: Conekta gives no clear answer, and is asked every 30 seconds",
    "no se cobra ninguna tarjeta: Conekta no da una respuesta clara, y se le pregunta cada 30 segundos",
  ],
  [
    "{count} outcomes could not be recorded, and stand in the log alone",
    "{count} resultados no se pudieron guardar, y solo están en el registro del servicio",
  ],
  ["the run stopped at {limit}", "la pasada se detuvo en {limit}"],
  [
    "what cannot be understood waits, and is in the log as set aside: {ids}",
    "lo que no se puede entender espera, y está en el registro del servicio como apartado: {ids}",
  ],
  [
    "{count} customers or orders cannot be read or charged at Conekta, and what they owe waits",
    "{count} clientes u órdenes no se pueden leer o cobrar en Conekta, y lo que deben espera",
  ],
  ["another process has taken over the right to charge", "otro proceso tomó el derecho de cobrar"],
  [
    "this process was silent for longer than its lease, was given up, and takes the right to charge anew",
    "este proceso calló más tiempo que su plazo, se le dio por perdido, y vuelve a tomar el derecho de cobrar",
  ],
  [
    "{count} charge was under way when a process died, and nobody asks what became of that",
    "{count} cargo estaba en curso cuando murió un proceso, y nadie pregunta qué fue de él",
  ],
  [
    "{count} charges were under way when a process died, and nobody asks what became of that",
    "{count} cargos estaban en curso cuando murió un proceso, y nadie pregunta qué fue de ellos",
  ],
  ["{count} is due, and nobody charges", "vence {count}, y nadie cobra"],
  ["{count} are due, and nobody charges", "vencen {count}, y nadie cobra"],
  ["what is due has not been charged for {count} minutes", "lo que vence lleva {count} minutos sin cobrarse"],
  // ---- what an answer was taken for
  ["the order was read, and is paid", "se leyó la orden, y está pagada"],
  ["the order was read, and its charge was declined", "se leyó la orden, y su cargo fue rechazado"],
  ["the order was read, and waits", "se leyó la orden, y espera"],
  ["the order was read, and ended without payment ({status})", "se leyó la orden, y terminó sin pago ({status})"],
  ["the order was read; its payment page is over ({status})", "se leyó la orden; su página de pago terminó ({status})"],
  [
    "the order was read, and shows no charge of this attempt",
    "se leyó la orden, y no muestra ningún cargo de este intento",
  ],
  ["the order was read: {why}", "se leyó la orden: {why}"],
  ["the list shows no order of this attempt", "la lista no muestra ninguna orden de este intento"],
  [
    "the list shows an order of this attempt that cannot be read",
    "la lista muestra una orden de este intento que no se puede leer",
  ],
  ["status {status} with a paid order", "estado {status}, con una orden pagada"],
  ["status {status} with a declined charge ({code})", "estado {status}, con un cargo rechazado ({code})"],
  [
    "status 429 with Conekta's error body: too many calls, this one was not processed",
    "estado 429 con el error de Conekta: demasiadas llamadas, esta no se procesó",
  ],
  ["status {status}: {why}", "estado {status}: {why}"],
  [
    "Conekta says the order already has a charge; money may have moved, read the order now",
    "Conekta dice que la orden ya tiene un cargo; pudo moverse dinero, hay que leer la orden",
  ],
  ["the server failed, and may have acted before it did", "el servidor falló, y pudo haber actuado antes"],
  ["the bank gave no clear answer ({code})", "el banco no dio una respuesta clara ({code})"],
  [
    "the charge is pending, under review, or waits for the customer",
    "el cargo está pendiente, en revisión, o espera al cliente",
  ],
  ["the card was declined ({code})", "la tarjeta fue rechazada ({code})"],
  ["our request was refused ({code})", "nuestra petición fue rechazada ({code})"],
  ["our order was refused", "nuestra orden fue rechazada"],
  ["Conekta does not accept the key", "Conekta no acepta la llave"],
  ["too many calls", "demasiadas llamadas"],
  [
    "no order came back; without a charge no money can move",
    "no volvió ninguna orden; sin cargo no se puede mover dinero",
  ],
  ["the refund was accepted", "la devolución fue aceptada"],
  ["the refund was refused", "la devolución fue rechazada"],
  ["it cannot be told whether money went back", "no se puede saber si el dinero regresó"],
  ["the answer is not the order that was to be refunded", "la respuesta no es la orden que se iba a devolver"],
  [
    "the answer could not be judged: {name} in our own reading of it",
    "la respuesta no se pudo juzgar: {name} al leerla nosotros",
  ],
  ["{why}; it shows no payment page", "{why}; no muestra página de pago"],
  [
    "the answer names an order or charge that belongs to another attempt ({why})",
    "la respuesta nombra una orden o un cargo de otro intento ({why})",
  ],
  ["the body is empty", "la respuesta está vacía"],
  ["the body is not JSON", "la respuesta no es JSON"],
  ["the body is JSON, but not of Conekta's shape", "la respuesta es JSON, pero no con la forma de Conekta"],
  ["the order shows the status {status}", "la orden muestra el estado {status}"],
  ["the charge has the status {status}", "el cargo tiene el estado {status}"],
  ["the order has more charges than it shows", "la orden tiene más cargos de los que muestra"],
  ["another charge of the order is not over", "otro cargo de la orden no ha terminado"],
  ["the order has no charge and the status {status}", "la orden no tiene cargo y su estado es {status}"],
  ["a charge of the page has the status {status}", "un cargo de la página tiene el estado {status}"],
  ["the charge is already {status}", "el cargo ya está {status}"],
  ["the payment page is already {status}", "la página de pago ya está {status}"],
  ["an error without a code", "un error sin código"],
  ["an error that we do not know", "un error que no conocemos"],
  [
    "an order or charge that shows nothing of our attempt",
    "una orden o un cargo que no muestra nada de nuestro intento",
  ],
  // ---- what came of the call itself
  ["the connection was refused ({code})", "la conexión fue rechazada ({code})"],
  ["the host's address could not be found ({code})", "no se encontró la dirección del servidor ({code})"],
  ["the connection was not established in time ({code})", "la conexión no se estableció a tiempo ({code})"],
  ["no connection was free or established within {count} ms", "no hubo conexión libre ni nueva en {count} ms"],
  [
    "the call failed before its first byte was written ({code})",
    "la llamada falló antes de escribir su primer byte ({code})",
  ],
  [
    "no whole answer came within {count} ms after status {status}",
    "no llegó una respuesta completa en {count} ms después del estado {status}",
  ],
  ["no whole answer came within {count} ms", "no llegó una respuesta completa en {count} ms"],
  [
    "the connection broke or the answer was cut off after status {status} ({code})",
    "la conexión se cortó, o la respuesta quedó incompleta, después del estado {status} ({code})",
  ],
  [
    "the connection broke or the answer was cut off ({code})",
    "la conexión se cortó, o la respuesta quedó incompleta ({code})",
  ],
  [
    "refused, and the order, read again, is over: nothing was charged, and the next try makes another order",
    "rechazado, y la orden, leída otra vez, terminó: no se cobró nada, y el siguiente intento hace otra orden",
  ],
  [
    "not sent: the lease had run out before the charge could be sent",
    "no se envió: el plazo se acabó antes de poder enviar el cargo",
  ],
  [
    "not sent: its amount alone is more than MAX_AMOUNT_CENTS_PER_RUN allows",
    "no se envió: su monto solo ya pasa de MAX_AMOUNT_CENTS_PER_RUN",
  ],
  [
    "the process that was sending this charge died or lost its lease before the answer was recorded",
    "el proceso que enviaba este cargo murió o perdió su plazo antes de guardar la respuesta",
  ],
  [
    "the gateway's answer differs from what we asked: {why}",
    "la respuesta de Conekta difiere de lo que se pidió: {why}",
  ],
  ["refused, and the customer, read again, {rest} ({why})", "rechazado, y el cliente, leído otra vez, {rest} ({why})"],
  [
    "its order could not be read {count} times since {time}: {why}",
    "su orden no se pudo leer {count} veces desde {time}: {why}",
  ],
  [
    "it was pending for too long, its order refuses to be cancelled, and {why}",
    "estuvo pendiente demasiado tiempo, su orden no se deja cancelar, y {why}",
  ],
  [
    "it was pending for too long, cancelling its order did not end it, and {why}",
    "estuvo pendiente demasiado tiempo, cancelar su orden no lo terminó, y {why}",
  ],
  [
    "each answer is lost, and no charge is found at Conekta",
    "cada respuesta se pierde, y no se encuentra ningún cargo en Conekta",
  ],
  // ---- what a person said, or a rule
  ["{by} says that nothing was charged: {said}", "{by} dice que no se cobró nada: {said}"],
  ["{by} says this order paid it, and it is paid: {said}", "{by} dice que esta orden lo pagó, y está pagada: {said}"],
  ["it was charged {count} times within 24 hours", "se cobró {count} veces en 24 horas"],
  ["the payment of {what} is disputed ({id})", "el pago de {what} está en disputa ({id})"],
  [
    "the payment of {what} was disputed, and the dispute lost ({id})",
    "el pago de {what} estuvo en disputa, y se perdió ({id})",
  ],
  // ---- webhooks
  ["is not at Conekta any more", "ya no está en Conekta"],
  ["has no default card", "no tiene tarjeta predeterminada"],
  ["a ping", "un aviso de prueba"],
  ["a type of event that Puntual has no use for", "un tipo de evento que Puntual no usa"],
  ["the order was read {count} times and does not show it", "la orden se leyó {count} veces y no lo muestra"],
  // ---- several
  ["{why}; {rest}", "{why}; {rest}"],
  ["amount {cents} cents instead of {other}", "monto de {cents} centavos en lugar de {other}"],
  ["currency {code} instead of {other}", "moneda {code} en lugar de {other}"],
  ["customer {id} instead of {other}", "cliente {id} en lugar de {other}"],
  ["{mode} mode instead of {other} mode", "modo {mode} en lugar de {other}"],
  ["its order or charge belongs to another attempt", "su orden o cargo es de otro intento"],
];

const NESTED: ReadonlySet<string> = new Set(["why", "rest"]);

const KNOWN = SENTENCES.map(([en, es]) => {
  const names = [...en.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const literal = en.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`);
  return { names, es, pattern: new RegExp(`^${literal.replaceAll(/\{\w+\}/g, "(.+?)")}$`, "s") };
});

/** The first sentence that fits is it. */
export function recordedWords(text: string): Text {
  for (const { pattern, names, es } of KNOWN) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const values = new Map(names.map((name, at) => [name, found[at + 1] ?? ""]));
    const told = es.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
      const value = values.get(name) ?? "";
      return NESTED.has(name) ? recordedWords(value).es : value;
    });
    return { en: text, es: told };
  }
  return { en: text, es: text };
}

export function recordedIn(text: string, language: Language): string {
  return recordedWords(text)[language];
}
