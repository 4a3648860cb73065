/** What the contract tests use of a package that has no types of its own. */
declare module 'oidc-provider' {
  type Members = Readonly<Record<string, unknown>>;

  /** Where records of one kind are kept; of clients it is asked for one by its identifier alone. */
  export interface Adapter {
    find(id: string): Promise<Members | undefined>;
  }

  /** A client that passed the validation. */
  export interface Client {
    metadata(): Members;
  }

  export class Provider {
    constructor(issuer: string, configuration: Members & { readonly adapter: (model: string) => Adapter });
    readonly Client: { find(clientId: string): Promise<Client | undefined> };
    registerGrantType(name: string, handler: () => Promise<void>): void;
  }
}
