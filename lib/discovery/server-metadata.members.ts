/** The members of the metadata document that follow from the options (RFC 8414 section 2), each with its kind of value. */
export const COMPUTED_MEMBERS = {
  issuer: 'uri',
  registration_endpoint: 'uri',
  scopes_supported: 'words',
  response_types_supported: 'words',
  grant_types_supported: 'words',
  token_endpoint_auth_methods_supported: 'words',
  token_endpoint_auth_signing_alg_values_supported: 'words',
} as const satisfies Readonly<Record<string, 'uri' | 'words'>>;

/** What the module can say of the authorization server. */
export type ComputedMembers = { readonly [member in keyof typeof COMPUTED_MEMBERS]?: string | readonly string[] };
