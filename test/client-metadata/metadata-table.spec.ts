import { ClientMetadata, MetadataField } from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import { metadataTable } from '../../lib/client-metadata/metadata-table.js';

class Redeclared extends ClientMetadata {
  @MetadataField({ limits: {} })
  override client_name?: string;

  @MetadataField({ limits: { bytes: 'scopeBytes' } })
  override redirect_uris?: string[];
}

describe('a known field that a subclass declares again', () => {
  const [standard, own] = [metadataTable(ClientMetadata), metadataTable(Redeclared)];

  it('keeps its bounds where none are given', () => {
    expect(own.get('client_name')?.limits).toEqual(standard.get('client_name')?.limits);
  });

  it('takes another bound and keeps the other', () => {
    expect(own.get('redirect_uris')?.limits).toEqual({ bytes: 'scopeBytes', entries: 'redirectUris' });
  });

  it('keeps section, default, rules and the code of its error', () => {
    for (const name of ['client_name', 'redirect_uris']) {
      const { limits: _limits, ...row } = { ...own.get(name) };
      const { limits: _standard, ...expected } = { ...standard.get(name) };
      expect(row).toEqual(expected);
    }
  });
});
