import { MetadataChoices } from './fields/metadata-choices.dto.js';

/**
 * All client metadata this module understands (RFC 7591 section 2), one file in `fields/` for each family of specifications; any other member
 * of a request is ignored, never stored and never returned, and so are the fields of features that `server` does not offer. A host adds
 * fields of its own by a subclass: `forRoot({ metadata: MyClientMetadata })`.
 */
export class ClientMetadata extends MetadataChoices {}
