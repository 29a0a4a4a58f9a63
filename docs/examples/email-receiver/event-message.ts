/** What Puntual sends, as far as letters need it. docs/events.md has all of it. */
export type EventMessage = {
  readonly type: string;
  readonly timestamp: string;
  readonly data: {
    /** True: real money. */
    readonly livemode: boolean | null;
    readonly customer: { readonly name: string; readonly email: string | null } | null;
    readonly subscription: { readonly id: string; readonly plan: { readonly name: string } } | null;
    readonly invoice: {
      readonly amountCents: number;
      readonly currency: string;
      readonly timeZone: string;
    } | null;
    readonly decline?: { readonly class: string; readonly text: { readonly es: string } };
    readonly nextStep?: string;
    readonly nextAttemptAt?: string | null;
    readonly nextStepUntil?: string | null;
    readonly paymentLink?: {
      readonly url: string | null;
      readonly expiresAt: string;
      readonly methods: readonly string[];
    };
    readonly card?: {
      readonly brand: string | null;
      readonly last4: string | null;
      readonly expMonth: number | null;
      readonly expYear: number | null;
    };
  };
};
