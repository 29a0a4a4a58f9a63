/** What a program can ask of the books, and change in them. */
import type { CustomerChange } from "../../application/customers/change-customer.ts";
import { findInBooks } from "../../application/customers/find-in-books.ts";
import type { PaymentForm } from "../../domain/cfdi/payment-form.ts";
import type { NewCustomer, PaymentSource } from "../../application/ports/gateway.ts";
import type { Listing } from "../../application/ports/listings.ts";
import type { EventRow } from "../../application/ports/listings/events.ts";
import type { BalanceEntryRow, ConsentRow, CouponGrantRow, ItemRow } from "../../application/ports/listings/extras.ts";
import type { CustomerRow, PlanRow, SubscriptionRow } from "../../application/ports/listings/subscriptions.ts";
import type { InvoiceRow, RefundRow } from "../../application/ports/listings/invoices.ts";
import type { HistoryRow } from "../../application/ports/listings/billing-views.ts";
import type { Evidence } from "../../application/subscriptions/evidence.ts";
import type { Consent } from "../../domain/consent.ts";
import type { RefundReason } from "../../domain/refund.ts";
import type { TaxData } from "../../domain/tax-data.ts";
import type { Explanation } from "../../explain/explain.ts";
import type { ChangeOptions } from "./once.ts";
import type { PlanWish, SubscriptionWish } from "./wishes.ts";

/** What looks like a mistake that costs a customer money (`NeedsConfirmation`) is done where it is confirmed. */
export type Confirmable = ChangeOptions & { readonly confirmed?: boolean };
/** For what changes money by a person's word: why, for the history. */
export type Reasoned = ChangeOptions & { readonly reason: string };

/** Whole cents, above 0. */
export type BalanceWish = { readonly amountCents: number; readonly currency?: string };

export type ConsentWish = Pick<Consent, "version" | "text" | "channel"> & {
  /** Now, where it is left out. */
  readonly consentedAt?: Date;
  /** Whole cents, as they were shown; where left out, what a charge comes to by the plan and its own discount. */
  readonly amountCents?: number;
  /** It came from there; only its SHA-256 is kept. */
  readonly address?: string;
};

export type ItemWish = {
  readonly key: string;
  readonly name: string;
  /** Whole cents. */
  readonly amountCents: number;
  /** The SAT's keys of product and unit, for the CFDI. */
  readonly claveProdServ?: string;
  readonly claveUnidad?: string;
} & (
  | { readonly customer: string; readonly subscription?: undefined; readonly currency?: string }
  | { readonly subscription: string; readonly customer?: undefined; readonly currency?: undefined }
);

export type Books = {
  readonly plans: {
    list(wanted?: Listing<"plans">): Promise<readonly PlanRow[]>;
    get(id: string): Promise<PlanRow>;
    /** Adds it, or changes it from the next invoice on; the same again changes nothing. */
    put(plan: PlanWish, options?: ChangeOptions): Promise<PlanRow>;
  };
  readonly customers: {
    list(wanted?: Listing<"customers">): Promise<readonly CustomerRow[]>;
    get(id: string): Promise<CustomerRow>;
    /** Creates one at Conekta, with a card where a token is given. */
    create(person: NewCustomer, options?: Confirmable): Promise<CustomerRow>;
    /** Takes one who exists at Conekta into the books, or brings what we know up to date. */
    adopt(id: string, options?: ChangeOptions): Promise<CustomerRow>;
    /** What the merchant keeps of her: the language she is written to in, metadata, tax data. What is left out stays. */
    update(id: string, change: CustomerChange, options?: ChangeOptions): Promise<CustomerRow>;
    putTaxData(id: string, data: TaxData, options?: ChangeOptions): Promise<CustomerRow>;
    /** As Conekta has them now. */
    cards(id: string): Promise<readonly PaymentSource[]>;
    addCard(id: string, card: { readonly tokenId: string }, options?: ChangeOptions): Promise<CustomerRow>;
    useCard(id: string, paymentSourceId: string, options?: ChangeOptions): Promise<CustomerRow>;
    removeCard(id: string, paymentSourceId: string, options?: ChangeOptions): Promise<CustomerRow>;
  };
  readonly subscriptions: {
    list(wanted?: Listing<"subscriptions">): Promise<readonly SubscriptionRow[]>;
    get(id: string): Promise<SubscriptionRow>;
    create(subscription: SubscriptionWish, options?: Confirmable): Promise<SubscriptionRow>;
    pause(id: string, options?: ChangeOptions): Promise<SubscriptionRow>;
    resume(id: string, options?: ChangeOptions): Promise<SubscriptionRow>;
    /** Do not bill the next cycle. */
    skip(id: string, options?: ChangeOptions): Promise<SubscriptionRow>;
    unskip(id: string, options?: ChangeOptions): Promise<SubscriptionRow>;
    /** With its period, or `atOnce`: open invoices are then void. */
    cancel(
      id: string,
      options?: ChangeOptions & {
        readonly atOnce?: boolean;
        readonly stopCollecting?: boolean;
        /** Of what waits for its next invoice: needed where collecting stops, charged where it does not. */
        readonly rest?: "charge" | "drop";
      },
    ): Promise<SubscriptionRow>;
    uncancel(id: string, options?: ChangeOptions): Promise<SubscriptionRow>;
    /** What happened and why, and what happens next, in Spanish and English. */
    explain(id: string): Promise<Explanation>;
    /** What a chargeback is answered with. */
    evidence(id: string): Promise<Evidence>;
    /** What the customer agreed to: recorded once, never changed or taken away. */
    readonly consents: {
      /** Recorded last first. */
      list(subscriptionId: string): Promise<readonly ConsentRow[]>;
      add(subscriptionId: string, consent: ConsentWish, options?: ChangeOptions): Promise<ConsentRow>;
    };
  };
  readonly invoices: {
    list(wanted?: Listing<"invoices">): Promise<readonly InvoiceRow[]>;
    get(id: string): Promise<InvoiceRow>;
    /** Puts it up for the next run. */
    retry(id: string, options?: ChangeOptions): Promise<InvoiceRow>;
    void(id: string, options: Reasoned): Promise<InvoiceRow>;
    /** `form`: the SAT's form of payment, for the CFDI. */
    markPaid(
      id: string,
      options: Reasoned & { readonly paidAt: Date; readonly form?: PaymentForm },
    ): Promise<InvoiceRow>;
    /** Gives money back through Conekta: all that is left, or `amountCents` of it. Its row says what became of it. */
    refund(
      id: string,
      refund: { readonly amountCents?: number; readonly why: RefundReason },
      options: Reasoned,
    ): Promise<RefundRow>;
  };
  /** What lowers the next cycles of a subscription. `coupons add`, or plans.yaml, says which there are. */
  readonly coupons: {
    give(subscriptionId: string, code: string, options?: ChangeOptions): Promise<CouponGrantRow>;
    take(subscriptionId: string, code: string, options?: ChangeOptions): Promise<CouponGrantRow>;
  };
  /** A line on the next invoice, of a key of its own: added once, however often. */
  readonly items: {
    list(wanted?: Listing<"items">): Promise<readonly ItemRow[]>;
    add(item: ItemWish, options?: ChangeOptions): Promise<ItemRow>;
    remove(key: string, options?: ChangeOptions): Promise<ItemRow>;
  };
  /** What a customer has to the good. */
  readonly balance: {
    list(customerId: string): Promise<readonly BalanceEntryRow[]>;
    grant(customerId: string, money: BalanceWish, options: Reasoned): Promise<BalanceEntryRow>;
    take(customerId: string, money: BalanceWish, options: Reasoned): Promise<BalanceEntryRow>;
  };
  readonly history: { list(wanted?: Listing<"history">): Promise<readonly HistoryRow[]> };
  readonly events: { list(wanted?: Listing<"events">): Promise<readonly EventRow[]> };
  /** A name, an e-mail, a phone, last digits, or any id. */
  find(text: string): ReturnType<typeof findInBooks>;
  /** Nobody is charged until `go`. */
  halt(options: Reasoned): Promise<void>;
  go(options?: ChangeOptions): Promise<void>;
};
