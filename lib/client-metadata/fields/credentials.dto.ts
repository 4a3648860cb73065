import type { ServerCapabilities } from '../../server.capabilities.js';
import { CONTENT_ENCRYPTION_ALGORITHMS } from '../jose-algorithms.js';
import { MetadataField } from '../metadata-field.decorator.js';
import {
  IsHttpsUri,
  IsListOfOneOf,
  IsObjectOfObjects,
  IsRedirectUriList,
  IsText,
} from '../metadata-rule.decorators.js';
import { FederationMetadata } from './federation.dto.js';
import { contentEncryption, keyEncryption, signature, TEXT_LIST, URI, URI_LIST } from './field-options.js';

const NFV = 'ETSI GS NFV-SEC 022';
const verifiableCredentials = (server: ServerCapabilities) => server.verifiableCredentials;
const nfv = (server: ServerCapabilities) => server.nfv;

/** Other registered fields: User-Managed Access 2.0, OpenID for Verifiable Presentations and Credential Issuance, ETSI GS NFV-SEC 022. */
export class CredentialsMetadata extends FederationMetadata {
  /** Where a requesting party may be sent after giving claims, by the rules of redirection URIs (UMA 2.0 Grant section 2). */
  @MetadataField({ spec: 'UMA 2.0 Grant section 2', ...URI_LIST, offered: (server) => server.uma })
  @IsRedirectUriList()
  claims_redirect_uris?: string[];

  /** Credential formats the verifier takes, by their identifiers (OpenID4VP section 11.1). */
  @MetadataField({ spec: 'OpenID4VP section 11.1', limits: { bytes: 'objectBytes' }, offered: verifiableCredentials })
  @IsObjectOfObjects()
  vp_formats_supported?: object;

  /** Content encryption the verifier takes (OpenID4VP section 5.1). */
  @MetadataField({ spec: 'OpenID4VP section 5.1', ...TEXT_LIST, offered: verifiableCredentials })
  @IsListOfOneOf(...CONTENT_ENCRYPTION_ALGORITHMS)
  encrypted_response_enc_values_supported?: string[];

  /** Where a wallet takes credential offers (OpenID4VCI 1.0). */
  @MetadataField({ spec: 'OpenID4VCI client metadata', ...URI, offered: verifiableCredentials })
  @IsHttpsUri()
  credential_offer_endpoint?: string;

  /** Signs access tokens for network functions (ETSI GS NFV-SEC 022). */
  @MetadataField({ spec: NFV, ...signature(nfv, 'signed-by-server') })
  @IsText()
  nfv_token_signed_response_alg?: string;

  /** Encrypts the key of access tokens for network functions (ETSI GS NFV-SEC 022). */
  @MetadataField({ spec: NFV, ...keyEncryption(nfv, 'encrypted-to-client') })
  @IsText()
  nfv_token_encrypted_response_alg?: string;

  /** Encrypts the content of access tokens for network functions (ETSI GS NFV-SEC 022). */
  @MetadataField({ spec: NFV, ...contentEncryption(nfv, 'nfv_token_encrypted_response_alg') })
  @IsText()
  nfv_token_encrypted_response_enc?: string;
}
