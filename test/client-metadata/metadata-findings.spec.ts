import { describe, expect, it } from 'vitest';
import { EveryMistake, FIRST_MISTAKE } from '../../lib/client-metadata/metadata-findings.js';
import { InvalidClientMetadataError, InvalidRedirectUriError } from '../../lib/errors/registration.error.js';

const redirect = new InvalidRedirectUriError('redirect_uris[0] must be a string');
const scope = new InvalidClientMetadataError('scope must be a string');

describe('findings of a request that is answered (RFC 7591 section 3.2.2)', () => {
  it('end with the first mistake', () => {
    expect(() => FIRST_MISTAKE.refuse('redirect_uris', redirect)).toThrow(redirect);
    expect(FIRST_MISTAKE.isRefused('redirect_uris')).toBe(false);
  });
});

describe('findings of a request that is explained', () => {
  it('are all mistakes in their order, each once', () => {
    const findings = new EveryMistake();
    expect(findings.errors).toEqual([]);
    const other = new InvalidClientMetadataError('scope must not be empty');
    findings.refuse('scope', scope);
    findings.refuse('redirect_uris', redirect);
    findings.refuse('scope', new InvalidClientMetadataError(scope.message));
    findings.refuse('scope', other);
    expect(findings.errors).toEqual([scope, redirect, other]);
    expect(findings.errors[1]).toBe(redirect);
  });

  it('tell which fields are refused already, each for itself', () => {
    const [one, other] = [new EveryMistake(), new EveryMistake()];
    one.refuse('scope', scope);
    expect(one.isRefused('scope')).toBe(true);
    expect(one.isRefused('scop')).toBe(false);
    expect(one.isRefused('constructor')).toBe(false);
    expect(other.isRefused('scope')).toBe(false);
  });
});
