// What is sent. W1 and W2 are registrations, W3 is a client that reads its configuration.

/** Scopes that each server offers. */
export const SCOPES = ['openid', 'profile', 'email', 'offline_access', 'api:read', 'api:write'];

/** The initial access token of the targets that ask for one. */
export const INITIAL_ACCESS_TOKEN = 'iat_benchmark.benchmark.benchmark.benchmark';

/** W1: a confidential web client with 12 fields, some 900 bytes of JSON. */
export const WEB_CLIENT = {
  redirect_uris: [
    'https://app.tide-tables.example/oauth/callback',
    'https://app.tide-tables.example/oauth/silent-renewal',
    'https://staging.tide-tables.example/oauth/callback',
    'https://staging.tide-tables.example/oauth/silent-renewal',
  ],
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  client_name: 'Tide Tables for Harbours and Beaches',
  client_uri: 'https://www.tide-tables.example/about',
  logo_uri: 'https://www.tide-tables.example/pictures/logo-256.png',
  scope: 'openid profile email offline_access api:read api:write',
  contacts: ['operations@tide-tables.example', 'security@tide-tables.example', 'data-protection@tide-tables.example'],
  tos_uri: 'https://www.tide-tables.example/legal/terms-of-service',
  policy_uri: 'https://www.tide-tables.example/legal/privacy-policy',
  software_id: '4f1c2a9e-6d35-4c7b-9a51-0f7f8f1d2b64',
};

/** W2: a public native client. */
export const NATIVE_CLIENT = {
  application_type: 'native',
  redirect_uris: ['example.tides.app:/oauth/callback', 'http://127.0.0.1/oauth/callback'],
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  client_name: 'Tides',
  scope: 'openid offline_access api:read',
};

/** Registers a client at a server. */
export function registration(server, body) {
  return { ...registrationOf(server), body: JSON.stringify(body), status: 201 };
}

/** Registers another client with each request. */
export function registrations(server, bodyOf) {
  const request = registrationOf(server);
  let sent = 0;
  const setupRequest = (prepared) => ({ ...prepared, body: JSON.stringify(bodyOf(sent++)) });
  return { ...request, requests: [{ ...request, setupRequest }], status: 201 };
}

/** W3: reads the configuration of clients that all have this registration access token, one after the other. */
export function readings(clientIds, registrationAccessToken) {
  const request = { method: 'GET', headers: { authorization: `Bearer ${registrationAccessToken}` } };
  const requests = clientIds.map((id) => ({ ...request, path: `/register/${id}` }));
  return { ...request, path: requests[0].path, requests, status: 200 };
}

function registrationOf({ target }) {
  const headers = { 'content-type': 'application/json' };
  if (target.asksForToken) headers.authorization = `Bearer ${INITIAL_ACCESS_TOKEN}`;
  return { method: 'POST', path: '/register', headers };
}
