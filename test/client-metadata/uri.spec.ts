import { describe, expect, it } from 'vitest';
import { readUri } from '../../lib/client-metadata/uri.js';

/** All texts of some of these pieces, up to as many of them. */
function textsOf(pieces: readonly string[], most: number): string[] {
  let last = [''];
  const all: string[] = [];
  for (let length = 1; length <= most; length++) {
    last = last.flatMap((text) => pieces.map((piece) => text + piece));
    all.push(...last);
  }
  return all;
}

/** What the URL standard, and so every browser, takes for the host; undefined where it takes none. */
function parsed(host: string): string | undefined {
  const uri = `https://${host}/`;
  return URL.canParse(uri) ? new URL(uri).hostname : undefined;
}

describe('the host of a URI is read as every browser reads it', () => {
  const hosts = textsOf(['0', '7', '08', '0x', 'a', 'f', 'z', '-', '_', '.', 'xn--', 'mnchen-3ya'], 4);
  const accepted = hosts.filter((host) => typeof readUri(`https://${host}/`) !== 'string');

  it('where it is accepted: as it is written', () => {
    expect(accepted.length).toBeGreaterThan(1_000);
    expect(accepted.filter((host) => parsed(host) !== host)).toEqual([]);
  });

  it('where it is refused, though it is one of labels: as another one, or none', () => {
    const isOfLabels = (host: string) => /^(?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?$/.test(host);
    const refused = hosts.filter((host) => isOfLabels(host) && !accepted.includes(host));
    expect(refused).toContain('0xa');
    expect(refused.filter((host) => parsed(host) === host)).toEqual([]);
  });
});
