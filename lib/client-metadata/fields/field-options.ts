import type { ServerCapabilities } from '../../server.capabilities.js';
import type { MessageAlgorithms } from '../../server.options.js';
import type { AlgorithmPurpose, MetadataFieldOptions } from '../metadata-field.decorator.js';
import { unique } from '../text.rules.js';

type Messages = (server: ServerCapabilities) => Required<MessageAlgorithms>;

/** What the rows of one kind of value have in common. */
export const TEXT = { limits: { bytes: 'textBytes' } } as const satisfies MetadataFieldOptions;
export const TEXT_LIST = {
  limits: { bytes: 'textBytes', entries: 'listEntries' },
  normalize: unique,
} as const satisfies MetadataFieldOptions;
export const URI = { limits: { bytes: 'uriBytes' } } as const satisfies MetadataFieldOptions;
export const URI_LIST = {
  limits: { bytes: 'uriBytes', entries: 'redirectUris' },
  normalize: unique,
} as const satisfies MetadataFieldOptions;
export const FLAG = { defaultValue: false } as const satisfies MetadataFieldOptions;

/** The JWS algorithm of messages. */
export function signature(messages: Messages, algorithm: AlgorithmPurpose): MetadataFieldOptions {
  return { ...TEXT, supported: (server) => messages(server).signingAlgs, algorithm };
}

/** The JWE algorithm for the key of messages. */
export function keyEncryption(messages: Messages, algorithm: AlgorithmPurpose): MetadataFieldOptions {
  return { ...TEXT, supported: (server) => messages(server).encryptionAlgs, algorithm };
}

/** The JWE algorithm for the content of messages, which means nothing without one for their key. */
export function contentEncryption(messages: Messages, contentOf: string): MetadataFieldOptions {
  return { ...TEXT, supported: (server) => messages(server).encryptionEncs, contentOf };
}

/** A list the server chooses the value of another field from; it is never returned. */
export function choiceOf(field: string): MetadataFieldOptions {
  return {
    spec: 'OpenID Connect Relying Party Metadata Choices section 2',
    ...TEXT_LIST,
    choiceOf: field,
    requestOnly: true,
  };
}
