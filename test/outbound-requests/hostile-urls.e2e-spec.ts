import { isIPv4, isIPv6 } from 'node:net';
import { OutboundRequestError } from 'nestjs-dynamic-registration';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HostResolver } from '../../lib/outbound-requests/host.resolver.js';
import {
  RecordingHostResolver,
  startDocumentServer,
  TrustingOutboundRequests,
  watchSockets,
  type DocumentServer,
  type WatchedSockets,
} from '../support/document-server.js';
import { configurationWith, outboundRequests, refusalOf } from './outbound-requests.builder.js';
import { GLOBAL_ADDRESSES, SPECIAL_ADDRESSES } from './special-addresses.js';

const NOT_OF_THE_INTERNET = /has an address that is not one of the Internet$/;

/** The ways in which URL parsers read one IPv4 address. */
function notationsOf(address: string): string[] {
  const bytes = address.split('.').map(Number);
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const number = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (value: number) => value.toString(16);
  const octal = (value: number) => `0${value.toString(8)}`;
  return [
    address,
    `${address}.`,
    String(number),
    `0x${hex(number)}`,
    `0X${hex(number).toUpperCase()}`,
    octal(number),
    bytes.map((byte) => `0x${hex(byte)}`).join('.'),
    bytes.map(octal).join('.'),
    `${octal(a)}.${b}.0x${hex(c)}.${d}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    `[::ffff:${address}]`,
    `[::FFFF:${hex(a * 256 + b)}:${hex(c * 256 + d)}]`,
    `[0:0:0:0:0:ffff:${address}]`,
    `[::${address}]`,
    `[64:ff9b::${address}]`,
    `[2002:${hex(a * 256 + b)}:${hex(c * 256 + d)}::]`,
    address.replaceAll('.', '%2e'),
    address.replaceAll('.', '\u3002'),
    `%3${address.charAt(0)}${address.slice(1)}`,
    address.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    address.replaceAll(/[1-9]/g, (digit) => String.fromCodePoint(0x2460 + Number(digit) - 1)),
  ];
}

/** What makes a URL look like another one. `PORT` is that of the server that must not be reached. */
const TRICKS: readonly (readonly [string, string])[] = [
  ['a name as user', 'https://good.example@127.0.0.1:PORT/'],
  ['a name and a password as user', 'https://good.example:443@127.0.0.1:PORT/'],
  ['an encoded user', 'https://good.example%40@127.0.0.1:PORT/'],
  ['an empty user', 'https://@127.0.0.1:PORT/'],
  ['a name behind a fragment', 'https://127.0.0.1:PORT#@good.example/'],
  ['a name behind a fragment and a slash', 'https://127.0.0.1:PORT/#@good.example/'],
  ['a name behind a backslash', 'https://127.0.0.1:PORT\\@good.example/'],
  ['a name behind a query', 'https://127.0.0.1:PORT?@good.example/'],
  ['backslashes', 'https:\\\\127.0.0.1:PORT\\'],
  ['three slashes', 'https:///127.0.0.1:PORT/'],
  ['one slash', 'https:/127.0.0.1:PORT/'],
  ['no slash', 'https:127.0.0.1:PORT/'],
  ['no scheme', '//127.0.0.1:PORT/'],
  ['a leading space', ' https://127.0.0.1:PORT/'],
  ['a trailing space', 'https://127.0.0.1:PORT/ '],
  ['a leading control character', '\u0001https://127.0.0.1:PORT/'],
  ['a tab in the host', 'https://127.0\t.0.1:PORT/'],
  ['a line break in the host', 'https://127.0.0\n.1:PORT/'],
  ['a line break in the path', 'https://127.0.0.1:PORT/ HTTP/1.1\r\nHost: good.example\r\n\r\n'],
  ['a soft hyphen in the host', 'https://127.0.0\u00ad.1:PORT/'],
  ['a zero-width space in the host', 'https://127.0.0.1\u200b:PORT/'],
  ['NUL in the host', 'https://127.0.0.1%00.good.example:PORT/'],
  ['an encoded slash in the host', 'https://127.0.0.1%2f.good.example:PORT/'],
  ['an IPv6 zone', 'https://[::1%25lo]:PORT/'],
  ['an IPv6 zone that is not encoded', 'https://[fe80::1%lo]:PORT/'],
  ['IPv6 without brackets', 'https://::1:PORT/'],
  ['half of the brackets', 'https://[::1:PORT/'],
  ['an address of the future', 'https://[v1.127.0.0.1]:PORT/'],
  ['::1 in full', 'https://[0000:0000:0000:0000:0000:0000:0000:0001]:PORT/'],
  ['localhost', 'https://localhost:PORT/'],
  ['LOCALHOST', 'https://LOCALHOST:PORT/'],
  ['localhost.', 'https://localhost.:PORT/'],
  ['a name below localhost', 'https://good.localhost:PORT/'],
  ['localhost in full-width letters', 'https://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54:PORT/'],
  ['localhost in circled letters', 'https://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3:PORT/'],
  ['localhost, encoded', 'https://%6c%6f%63%61%6c%68%6f%73%74:PORT/'],
  ['http', 'http://127.0.0.1:PORT/'],
  ['http of an address of the Internet', 'http://1.1.1.1/'],
  ['HTTP', 'HTTP://localhost:PORT/'],
  ['ftp', 'ftp://127.0.0.1:PORT/'],
  ['file', 'file:///etc/passwd'],
  ['file of a host', 'file://127.0.0.1/etc/passwd'],
  ['gopher', 'gopher://127.0.0.1:PORT/_GET'],
  ['dict', 'dict://127.0.0.1:PORT/info'],
  ['ldap', 'ldap://127.0.0.1:PORT/'],
  ['ws', 'ws://127.0.0.1:PORT/'],
  ['wss', 'wss://127.0.0.1:PORT/'],
  ['data', 'data:application/json,{}'],
  ['blob', 'blob:https://127.0.0.1:PORT/1'],
  ['javascript', 'javascript:fetch("https://127.0.0.1")'],
  ['a scheme inside a scheme', 'view-source:https://127.0.0.1:PORT/'],
  ['port 0', 'https://127.0.0.1:0/'],
  ['a port that wraps around', 'https://127.0.0.1:65979/'],
  ['a port that is no number', 'https://127.0.0.1:https/'],
  ['an empty port', 'https://127.0.0.1:/'],
  ['no host', 'https://'],
  ['a port alone', 'https://:PORT/'],
  ['nothing', ''],
  ['no URL', 'PORT'],
];

/** URLs without a name that could be looked up. */
const isLocalName = (url: string): boolean => /localhost/i.test(url);

let server: DocumentServer;
let sockets: WatchedSockets;
beforeAll(async () => {
  server = await startDocumentServer();
  server.answerJson({ reached: true });
  sockets = watchSockets();
});
afterEach(() => {
  expect(sockets.targets, 'sockets').toEqual([]);
  expect(server.connections).toBe(0);
});
afterAll(async () => {
  sockets.stop();
  await server.close();
});

async function expectRefused(url: string, message?: RegExp): Promise<readonly string[]> {
  const { requests, hosts } = outboundRequests();
  hosts.answer('localhost', ['127.0.0.1', '::1']);
  const refusal = await refusalOf(requests.fetch(url));
  expect(refusal, url).toBeInstanceOf(OutboundRequestError);
  if (message) expect(refusal).toHaveProperty('message', expect.stringMatching(message));
  return hosts.questions;
}

describe('a URL with an address that is not one of the Internet opens no socket and asks no name server', () => {
  const literals = SPECIAL_ADDRESSES.map(([, address]) => address);

  it.each([...new Set(literals.filter(isIPv4))])('%s, however it is spelled', async (address) => {
    for (const notation of notationsOf(address)) {
      for (const url of [`https://${notation}/`, `https://${notation}:${server.port}/jwks?a=1`]) {
        expect(await expectRefused(url), url).toEqual([]);
      }
    }
    await expectRefused(`https://${address}/`, NOT_OF_THE_INTERNET);
  });

  it.each([...new Set(literals.filter(isIPv6))])('[%s]', async (address) => {
    for (const spelled of [address, address.toUpperCase()]) {
      expect(await expectRefused(`https://[${spelled}]:${server.port}/`), address).toEqual([]);
    }
    // As the URL standard spells it, nothing but the address can be what is refused.
    if (!address.includes('%')) await expectRefused(new URL(`https://[${address}]/`).href, NOT_OF_THE_INTERNET);
  });

  it.each(TRICKS)('%s', async (_what, url) => {
    const questions = await expectRefused(url.replace('PORT', String(server.port)));
    if (!isLocalName(url)) expect(questions).toEqual([]);
  });
});

describe('a name with an address that is not one of the Internet opens no socket', () => {
  const NAME = 'documents.test';
  const expectNameRefused = async (...addresses: string[]) => {
    const { requests, hosts } = outboundRequests();
    hosts.answer(NAME, addresses);
    const refusal = await refusalOf(requests.fetch(server.url(NAME)));
    expect(refusal, addresses.join()).toBeInstanceOf(OutboundRequestError);
    expect(refusal).toMatchObject({ message: expect.stringMatching(NOT_OF_THE_INTERNET), isTransient: true });
    expect(hosts.questions).toEqual([NAME]);
  };

  it.each(SPECIAL_ADDRESSES)('%s: %s', async (_block, address) => {
    await expectNameRefused(address);
  });

  it.each(SPECIAL_ADDRESSES)('%s: %s among others that are', async (_block, address) => {
    await expectNameRefused(...GLOBAL_ADDRESSES, address);
    await expectNameRefused(address, ...GLOBAL_ADDRESSES);
  });

  it.each(['2130706433', '0x7f.1', '0177.0.0.1', '127.1', '', 'localhost', 'good.example'])(
    'what is no address: %j',
    async (answer) => {
      await expectNameRefused(answer);
      await expectNameRefused('1.1.1.1', answer);
    },
  );

  it('no address at all, which may change', async () => {
    const { requests, hosts } = outboundRequests();
    hosts.answer(NAME, []);
    expect(await refusalOf(requests.fetch(server.url(NAME)))).toMatchObject({
      message: 'documents.test has no address',
      isTransient: true,
    });
    expect(await refusalOf(requests.fetch(server.url('unknown.test')))).toMatchObject({ isTransient: true });
  });
});

describe('the name localhost (RFC 6761 section 6.3)', () => {
  it.each(['localhost', 'localhost.', 'good.localhost', 'good.localhost.'])('is no question: %s', async (name) => {
    // Its own resolver would ask a name server; there is none that a test could reach.
    const requests = new TrustingOutboundRequests(configurationWith({}), new HostResolver());
    const refusal = await refusalOf(requests.fetch(`https://${name}:${server.port}/`));
    expect(refusal).toMatchObject({ message: expect.stringMatching(NOT_OF_THE_INTERNET) });
  });
});

describe('allowLoopback', () => {
  const local = (hosts = new RecordingHostResolver()) => outboundRequests({ allowLoopback: true }, hosts);

  it('leaves all other addresses refused', async () => {
    for (const [, address] of SPECIAL_ADDRESSES) {
      if (/^127\.|^(?:::|0:0:0:0:0:0:0:)1$/.test(address)) continue;
      const { requests, hosts } = local();
      const host = isIPv6(address) ? `[${address}]` : address;
      const refusal = await refusalOf(requests.fetch(`https://${host}:${server.port}/`));
      expect(refusal, address).toBeInstanceOf(OutboundRequestError);
      hosts.answer('documents.test', ['127.0.0.1', address]);
      expect(await refusalOf(requests.fetch(server.url('documents.test'))), address).toBeInstanceOf(
        OutboundRequestError,
      );
    }
  });

  it.each(['http://documents.test:PORT/', 'http://1.1.1.1/', 'http://127.0.0.2:PORT/', 'http://localhost.:PORT/'])(
    'leaves http refused elsewhere: %s',
    async (url) => {
      const { requests, hosts } = local();
      hosts.answer('documents.test', ['127.0.0.1']);
      expect(await refusalOf(requests.fetch(url.replace('PORT', String(server.port))))).toMatchObject({
        message: 'the URL must use https',
      });
    },
  );
});
