import { ROUTES, urlOf } from '../endpoints.js';

/** What the metadata document says beside what follows from the options of the module: RFC 8414 section 2, OpenID Connect Discovery section 3. */
export const DISCOVERY_METADATA = {
  authorization_endpoint: urlOf(ROUTES.authorization),
  token_endpoint: urlOf(ROUTES.token),
  userinfo_endpoint: urlOf(ROUTES.userinfo),
  jwks_uri: urlOf(ROUTES.jwks),
  revocation_endpoint: urlOf(ROUTES.revocation),
  introspection_endpoint: urlOf(ROUTES.introspection),
  pushed_authorization_request_endpoint: urlOf(ROUTES.pushed_authorization_request),
  end_session_endpoint: urlOf(ROUTES.end_session),
  code_challenge_methods_supported: ['S256'],
  response_modes_supported: ['query', 'fragment', 'form_post', 'jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'],
  authorization_response_iss_parameter_supported: true,
  dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA'],
  claim_types_supported: ['normal'],
  claims_supported: ['sub', 'name', 'email', 'email_verified', 'iss', 'auth_time', 'acr', 'sid'],
  claims_parameter_supported: false,
  require_request_uri_registration: true,
  resource_indicators_supported: true,
};
