/** What of `oidc-provider` 9 is used here, by its shape: the package itself is not needed to compile or to run this one. */
export interface ProviderLike {
  /** The class of its clients, whose constructor refuses what it does not accept. */
  readonly Client: Function & {
    readonly prototype: ClientLike;
    find(clientId: string): Promise<ClientLike | undefined>;
  };
  /** Throws for the route of a feature that is off. */
  urlFor(name: string): string;
  /** Is told of every answer of the token endpoint with a token. */
  on(event: 'grant.success', listener: (context: { readonly oidc: { readonly client?: ClientLike } }) => void): unknown;
}

/** A client of the provider. */
export interface ClientLike {
  readonly clientId: string;
  readonly redirectUris?: readonly string[] | undefined;
  /** Whether it is one of the provider's own configuration. */
  readonly noManage?: unknown;
  compareClientSecret(presented: string): boolean | Promise<boolean>;
  redirectUriAllowed(redirectUri: string): boolean;
  /** What it has understood, by the names on the wire. */
  metadata(): ClientPayload;
}

/** Client metadata by its names on the wire, as the provider reads it. */
export type ClientPayload = Readonly<Record<string, unknown>>;

/** Where the provider keeps records of one kind. */
export interface AdapterLike {
  find(id: string): Promise<ClientPayload | undefined>;
  findByUid(uid: string): Promise<undefined>;
  findByUserCode(userCode: string): Promise<undefined>;
  upsert(id: string, payload: object, expiresIn: number): Promise<undefined>;
  consume(id: string): Promise<undefined>;
  destroy(id: string): Promise<undefined>;
  revokeByGrantId(grantId: string): Promise<undefined>;
}
