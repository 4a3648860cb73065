/** What passport is run on: the one header it may read, and the guard's own way to check the token in it. */
export interface BearerTokenRequest {
  readonly headers: { readonly authorization: string };
  readonly authenticate: () => Promise<object>;
}
