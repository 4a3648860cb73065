import { setTimeout as passed } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TemporarilyUnavailableError } from '../../lib/errors/registration.error.js';
import { RemoteKeySets } from '../../lib/key-set/remote-key-sets.js';
import { RemoteDocuments } from '../../lib/remote-document/remote-documents.js';
import { configurationWith, outboundRequests, refusalOf } from '../outbound-requests/outbound-requests.builder.js';
import { encryptionKey, privateKey, publicKey, type Members } from '../support/client-metadata.builder.js';
import { startDocumentServer, type DocumentServer } from '../support/document-server.js';

const KEPT = { 'cache-control': 'max-age=3600' };
const [first, second] = ['1', '2'].map((kid) => publicKey({ kid })) as [Members, Members];

let server: DocumentServer;
let keySets: RemoteKeySets;
beforeAll(async () => {
  server = await startDocumentServer();
});
beforeEach(() => {
  const options = { allowLoopback: true, timeoutSeconds: 1 };
  const config = configurationWith(options);
  keySets = new RemoteKeySets(new RemoteDocuments(outboundRequests(options).requests, config), config);
});
afterEach(() => {
  vi.restoreAllMocks();
  server.forget();
});
afterAll(() => server.close());

const answer = (...keys: Members[]) => server.answerJson({ keys }, KEPT);
const fetchKeys = async (kid?: string, purpose: 'client' | 'software-statement' = 'client') =>
  (await keySets.fetch(purpose, server.url('127.0.0.1', '/jwks'), kid)).keys;
const kids = async (kid?: string) => (await fetchKeys(kid)).map((key) => key.kid);

/** Lets so much time pass for what lasts, not for what is dated. */
async function afterSeconds(seconds: number): Promise<void> {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + seconds * 1000);
  // The memory looks at the clock once in a millisecond.
  await passed(10);
}

describe('a set of keys at a URL (RFC 7517 section 5)', () => {
  it('is read once, as long as it is fresh and has the key', async () => {
    answer(first, second);
    for (const kid of ['1', undefined, '2']) expect(await kids(kid)).toEqual(['1', '2']);
    expect(server.requests).toHaveLength(1);
  });

  it('is read again once for a key of a new name', async () => {
    answer(first);
    await kids('1');
    answer(second);
    expect(await kids('1')).toEqual(['1']);
    expect(await kids('2')).toEqual(['2']);
    expect(server.requests).toHaveLength(2);
  });

  it('is the new one for all that look for the new key at the same time', async () => {
    answer(first);
    await kids('1');
    answer(second);
    const found = await Promise.all(Array.from({ length: 50 }, async () => kids('2')));
    expect(found).toEqual(found.map(() => ['2']));
    expect(server.requests).toHaveLength(2);
  });

  it('is read again once in 30 seconds, whatever names are looked for', async () => {
    answer(first);
    await kids('1');
    const looked = await Promise.all(Array.from({ length: 100 }, async (_, i) => kids(`unknown ${i}`)));
    expect(looked).toEqual(looked.map(() => ['1']));
    for (let i = 0; i < 20; i++) await kids(`unknown later ${i}`);
    expect(server.requests).toHaveLength(2);
    await afterSeconds(31);
    answer(second);
    expect(await kids('2')).toEqual(['2']);
    expect(server.requests).toHaveLength(3);
  });

  it('that could not be read again says nothing about a key of a new name, for 30 seconds', async () => {
    answer(first);
    await kids('1');
    server.answer((_request, response) => response.destroy());
    const refusals = await Promise.all(Array.from({ length: 20 }, async () => refusalOf(kids('2'))));
    for (const refusal of [...refusals, await refusalOf(kids('2'))]) {
      expect(refusal).toBeInstanceOf(TemporarilyUnavailableError);
    }
    expect(server.requests).toHaveLength(2);
    // The set that is known serves on.
    expect(await kids('1')).toEqual(['1']);
    answer(first, second);
    await afterSeconds(31);
    expect(await kids('2')).toEqual(['1', '2']);
  });

  it('of a client is not that of an issuer of software statements', async () => {
    answer(first);
    await fetchKeys('1', 'client');
    answer(second);
    expect(await fetchKeys('2', 'software-statement')).toMatchObject([{ kid: '2' }]);
    expect(await fetchKeys('1', 'client')).toMatchObject([{ kid: '1' }]);
    expect(server.requests).toHaveLength(2);
  });

  it('is taken without keys of unknown types and members', async () => {
    answer({ kty: 'future', kid: '0' }, { ...first, note: 'x' });
    expect(await fetchKeys()).toEqual([first]);
  });

  it.each<[string, unknown]>([
    ['with a private key', { keys: [privateKey()] }],
    ['with a private key among others', { keys: [first, { ...privateKey(), kid: '9' }] }],
    ['with a symmetric key', { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }],
    ['with a private member beside the keys', { keys: [first], d: 'x' }],
    ['with no key', { keys: [] }],
    ['with unknown keys alone', { keys: [{ kty: 'future' }] }],
    ['with two keys of one name', { keys: [first, { ...second, kid: '1' }] }],
    ['with keys of mixed uses that do not say so', { keys: [first, { ...encryptionKey(), kid: '9' }] }],
    ['that is a list', [first]],
    ['that is one key', first],
    ['that is null', null],
    ['that is text', 'keys'],
    ['that is longer than limits.jwksBytes', { keys: [first], note: 'x'.repeat(32_768) }],
  ])('%s is none, and not kept', async (_what, document) => {
    server.answerJson(document, KEPT);
    const refusal = await refusalOf(kids('1'));
    expect(refusal).toBeInstanceOf(TemporarilyUnavailableError);
    answer(first);
    expect(await kids('1')).toEqual(['1']);
  });
});
