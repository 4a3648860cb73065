/** What the server alone gives a client (RFC 7591 section 3.2.1, RFC 7592 section 3): no request may set it. */
export const SERVER_MEMBERS = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
] as const;
