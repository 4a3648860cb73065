import type { ServerCapabilities } from '../../server.capabilities.js';
import { MetadataField } from '../metadata-field.decorator.js';
import {
  IsCertificateUri,
  IsDistinguishedName,
  IsDnsName,
  IsEmailAddress,
  IsFlag,
  IsIpAddress,
} from '../metadata-rule.decorators.js';
import { FLAG, TEXT, URI } from './field-options.js';
import { LogoutMetadata } from './logout.dto.js';

/** A field that names the certificate of a client; exactly one is needed, and with this method alone. */
const SUBJECT = {
  spec: 'RFC 8705 section 2.1.2',
  offered: (server: ServerCapabilities) => server.tokenEndpointAuthMethods.includes('tls_client_auth'),
  onlyWith: { field: 'token_endpoint_auth_method', values: ['tls_client_auth'] },
};

/** Mutual TLS (RFC 8705; FAPI 2.0 Security Profile section 5.2.2.1.1). */
export class MutualTlsMetadata extends LogoutMetadata {
  /** Subject of the certificate, compared by distinguishedNameMatch and not by bytes (RFC 8705 section 2.1.2). */
  @MetadataField({ ...SUBJECT, ...TEXT })
  @IsDistinguishedName()
  tls_client_auth_subject_dn?: string;

  /** dNSName among the subject alternative names of the certificate (RFC 8705 section 2.1.2). */
  @MetadataField({ ...SUBJECT, ...TEXT })
  @IsDnsName()
  tls_client_auth_san_dns?: string;

  /** uniformResourceIdentifier among the subject alternative names, compared exactly (RFC 8705 section 2.1.2). */
  @MetadataField({ ...SUBJECT, ...URI })
  @IsCertificateUri()
  tls_client_auth_san_uri?: string;

  /** iPAddress among the subject alternative names, compared as a number (RFC 8705 section 2.1.2). */
  @MetadataField({ ...SUBJECT, ...TEXT })
  @IsIpAddress()
  tls_client_auth_san_ip?: string;

  /** rfc822Name among the subject alternative names (RFC 8705 section 2.1.2). */
  @MetadataField({ ...SUBJECT, ...TEXT })
  @IsEmailAddress()
  tls_client_auth_san_email?: string;

  /** Whether access tokens are bound to the certificate of the client (RFC 8705 section 3.4). */
  @MetadataField({
    spec: 'RFC 8705 section 3.4',
    ...FLAG,
    offered: (server) => server.mutualTls.boundAccessTokens,
  })
  @IsFlag()
  tls_client_certificate_bound_access_tokens?: boolean;

  /** Whether the client has to use the endpoint aliases of mutual TLS (FAPI 2.0 Security Profile section 5.2.2.1.1). */
  @MetadataField({
    spec: 'FAPI 2.0 Security Profile section 5.2.2.1.1',
    ...FLAG,
    offered: (server) => server.mutualTls.endpointAliases,
  })
  @IsFlag()
  use_mtls_endpoint_aliases?: boolean;
}
