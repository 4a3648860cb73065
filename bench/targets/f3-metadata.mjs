// The metadata that F3 accepts, by rules of class-validator as one writes them; they are far fewer than RFC 7591 has.
import { IsArray, IsEmail, IsIn, IsObject, IsOptional, IsString, IsUrl, MaxLength } from 'class-validator';
import { decorateProperty } from './decorate.mjs';

export class ClientMetadata {}

const METHODS = ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'];
const GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials'];
const each = { each: true };

decorateProperty(ClientMetadata, 'redirect_uris', IsArray(), IsString(each), MaxLength(2048, each));
const optional = {
  token_endpoint_auth_method: [IsIn(METHODS)],
  grant_types: [IsArray(), IsIn(GRANT_TYPES, each)],
  response_types: [IsArray(), IsIn(['code'], each)],
  client_name: [IsString(), MaxLength(1024)],
  client_uri: [IsUrl()],
  logo_uri: [IsUrl()],
  scope: [IsString(), MaxLength(4096)],
  contacts: [IsArray(), IsEmail({}, each)],
  tos_uri: [IsUrl()],
  policy_uri: [IsUrl()],
  jwks_uri: [IsUrl()],
  jwks: [IsObject()],
  software_id: [IsString(), MaxLength(1024)],
  software_version: [IsString(), MaxLength(1024)],
  application_type: [IsIn(['web', 'native'])],
};
for (const [name, rules] of Object.entries(optional)) decorateProperty(ClientMetadata, name, IsOptional(), ...rules);
