import { describe, expect, it } from 'vitest';
import {
  certificateUri,
  distinguishedName,
  dnsName,
  emailAddress,
  ipAddress,
} from '../../lib/client-metadata/certificate-subject.rules.js';

const NO_NAME = 'must be a distinguished name (RFC 4514)';
const NO_STRINGS = [null, undefined, 1, true, [], ['CN=a'], {}];

describe('distinguished name (RFC 4514 section 3; RFC 8705 section 2.1.2)', () => {
  it.each([
    // The examples of RFC 4514 section 4.
    'UID=jsmith,DC=example,DC=net',
    'OU=Sales+CN=J.  Smith,DC=example,DC=net',
    String.raw`CN=James \"Jim\" Smith\, III,DC=example,DC=net`,
    String.raw`CN=Before\0dAfter,DC=example,DC=net`,
    '1.3.6.1.4.1.1466.0=#04024869',
    String.raw`CN=Lu\C4\8Di\C4\87`,
    'CN=Lučić',
    'CN=tides.example',
    'cn=tides.example, o=Tides, c=DE',
    'CN=a+OU=b+O=c,DC=d',
    'C-N-1=a',
    '2.5.4.3=tides.example',
    '0.9.2342.19200300.100.1.25=example',
    'CN=#AbCdEf01',
    // An attribute without a value is still one.
    'CN=',
    'CN=,O=',
    'CN=a=b',
    'CN=a#b c:/@!*',
    'CN=日本語 😀',
    String.raw`CN=\ a\ `,
    String.raw`CN=\#a`,
    String.raw`CN=a\+b\,c\;d\<e\>f\=g\\`,
    String.raw`CN=a\,O=b`,
    String.raw`CN=\00`,
  ])('is %s', (name) => expect(distinguishedName(name)).toEqual([]));

  it.each([
    'tides.example',
    'CN',
    '=a',
    ',CN=a',
    'CN=a,',
    'CN=a, ',
    'CN=a+',
    'CN=a,,O=b',
    'CN=a+,O=b',
    'CN=a,O',
    'CN=a,  O=b',
    ' CN=a',
    'CN =a',
    'CN= a',
    // Not escaped.
    'CN="a"',
    'CN=a"b',
    'CN=a;O=b',
    'CN=a<b',
    'CN=a>b',
    'CN=a\\',
    String.raw`CN=a\zz`,
    String.raw`CN=a\4`,
    String.raw`CN=a\é`,
    // Neither descr nor numericoid.
    '1CN=a',
    'C_N=a',
    'C N=a',
    'ČN=a',
    '2=a',
    '2.=a',
    '.5=a',
    '2..5=a',
    'OID.2.5.4.3=a',
    // No hexstring.
    'CN=#',
    'CN=#0',
    'CN=#012',
    'CN=#0g',
    'CN=#01 ',
    String.raw`CN=#01\20`,
    '/C=DE/O=Tides/CN=tides.example',
  ])('is not %s', (name) => expect(distinguishedName(name)).toEqual([{ at: '', rule: NO_NAME }]));

  it.each([
    ['a long value', `CN=${'a'.repeat(1_000_000)}"`],
    ['escapes', `CN=${String.raw`\41`.repeat(300_000)}"`],
    ['escaped characters', `CN=${String.raw`\\`.repeat(500_000)}"`],
    ['an escape that ends', `CN=${String.raw`\\`.repeat(500_000)}\\`],
    ['octets', `CN=#${'00'.repeat(500_000)}0`],
    ['attributes', 'CN=a+'.repeat(200_000)],
    ['empty attributes', `${'a=,'.repeat(300_000)}!`],
    ['a long type', 'A'.repeat(1_000_000)],
    ['a long number', '1'.repeat(1_000_000)],
    ['numbers', '1.'.repeat(500_000)],
    ['spaces', `CN=a${' '.repeat(1_000_000)};`],
    ['equals signs', `CN${'='.repeat(1_000_000)}"`],
  ])('is judged at once: %s', (_what, hostile) => {
    const start = performance.now();
    expect(distinguishedName(hostile)).toEqual([{ at: '', rule: NO_NAME }]);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('may have many attributes, and is judged to its end', () => {
    const attributes = Array.from({ length: 100_000 }, (_, i) => `DC=d${i}`);
    expect(distinguishedName(attributes.join(','))).toEqual([]);
    expect(distinguishedName([...attributes, 'DC'].join(','))).toHaveLength(1);
  });

  it('is judged anew each time', () => {
    for (let i = 0; i < 3; i++) {
      expect(distinguishedName('CN=a,O=b')).toEqual([]);
      expect(distinguishedName('CN=a,O')).toHaveLength(1);
    }
  });
});

describe('dNSName (RFC 5280 section 4.2.1.6)', () => {
  it.each([
    'tides.example',
    'TIDES.Example',
    'a.b.c.tides.example',
    'localhost',
    'xn--bcher-kva.example',
    '_tides.example',
    '1.tides.example',
    `${'a'.repeat(63)}.example`,
  ])('is %s', (name) => expect(dnsName(name)).toEqual([]));

  it.each([
    '.',
    '*.tides.example',
    'tides.example.',
    '.tides.example',
    'tides..example',
    '-tides.example',
    'tides-.example',
    'tides.example:443',
    'https://tides.example',
    'tides.example/',
    'ops@tides.example',
    'tides example',
    '127.0.0.1',
    '[::1]',
    '::1',
    `${'a'.repeat(64)}.example`,
  ])('is not %j', (name) => expect(dnsName(name)).toEqual([{ at: '', rule: 'must be a host name' }]));
});

describe('uniformResourceIdentifier (RFC 5280 section 4.2.1.6)', () => {
  it.each([
    'https://tides.example/client?a=b#c',
    'spiffe://tides.example/client',
    'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    'sip:ops@tides.example',
    'http://tides.example',
  ])('is %s', (uri) => expect(certificateUri(uri)).toEqual([]));

  it.each<[unknown, string]>([
    ...NO_STRINGS.map((value): [unknown, string] => [value, 'must be a string']),
    ['', 'must not be empty'],
    ['tides.example', 'must be an absolute URI'],
    ['//tides.example/', 'must be an absolute URI'],
    ['https://tides.example/a b', 'must contain only the characters of RFC 3986'],
    ['https://tides.example/é', 'must contain only the characters of RFC 3986'],
    ['urn:a\n', 'must contain only the characters of RFC 3986'],
    ['urn:%zz', 'must have two hexadecimal digits after every percent sign'],
    ['https://', 'must have a host after http:// or https://'],
  ])('is not %j: %s', (uri, rule) => expect(certificateUri(uri)).toEqual([{ at: '', rule }]));
});

describe('iPAddress (RFC 5280 section 4.2.1.6)', () => {
  it.each([
    '192.0.2.1',
    '0.0.0.0',
    '255.255.255.255',
    '::1',
    '::',
    '2001:db8::1',
    '2001:DB8:0:0:0:0:0:1',
    '::ffff:192.0.2.1',
  ])('is %s', (address) => expect(ipAddress(address)).toEqual([]));

  it.each([
    '192.0.2',
    '192.0.2.256',
    '192.0.2.01',
    '0xc0.0.2.1',
    '3221225985',
    '192.0.2.0/24',
    '192.0.2.1:443',
    ' 192.0.2.1',
    '[::1]',
    'fe80::1%eth0',
    '::1%',
    '2001:db8::1::2',
    '2001:db8::/32',
    '2001:db8:0:0:0:0:0:0:1',
    'tides.example',
  ])('is not %j', (address) =>
    expect(ipAddress(address)).toEqual([{ at: '', rule: 'must be an IPv4 or IPv6 address' }]),
  );
});

describe('rfc822Name (RFC 5280 section 4.2.1.6)', () => {
  it.each([
    'ops@tides.example',
    'Ops+tides@TIDES.example',
    'first.last@a.b.tides.example',
    'root@localhost',
    '"a b"@tides.example',
    `${'a'.repeat(64)}@tides.example`,
  ])('is %s', (address) => expect(emailAddress(address)).toEqual([]));

  it.each([
    'ops',
    'ops@',
    '@tides.example',
    'ops@@tides.example',
    'ops@tides@example',
    'ops tides@tides.example',
    '.ops@tides.example',
    'ops.@tides.example',
    'o..s@tides.example',
    'Ops <ops@tides.example>',
    '<ops@tides.example>',
    'mailto:ops@tides example',
    'ops@tides.example,dev@tides.example',
    'ops@*.tides.example',
    'ops@-tides.example',
    'ops@[192.0.2.1]',
    `${'a'.repeat(65)}@tides.example`,
  ])('is not %j', (address) => expect(emailAddress(address)).toEqual([{ at: '', rule: 'must be an e-mail address' }]));
});

describe('cost', () => {
  it.each([
    'a'.repeat(1_000_000),
    'a.'.repeat(500_000),
    `${'a-'.repeat(500_000)}!`,
    '1.'.repeat(500_000),
    ':'.repeat(1_000_000),
    `a@${'a-'.repeat(500_000)}!`,
    `${'a.'.repeat(500_000)}@tides.example`,
    `"${String.raw`\"`.repeat(500_000)}@tides.example`,
    '<@'.repeat(500_000),
  ])('of 1 MB is small, value %#', (hostile) => {
    const start = performance.now();
    for (const rule of [certificateUri, ipAddress, emailAddress]) expect(rule(hostile)).toHaveLength(1);
    expect(dnsName(`${hostile}!`)).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe.each([
  ['distinguished name', distinguishedName, ['CN=a', '']],
  ['dNSName', dnsName, ['tides', '.example']],
  ['iPAddress', ipAddress, ['192.0.2.1', '']],
  ['rfc822Name', emailAddress, ['ops', '@tides.example']],
  ['rfc822Name in quotes', emailAddress, ['"ops', '"@tides.example']],
  ['rfc822Name, in its domain', emailAddress, ['ops@tides', '.example']],
] as const)('%s', (_what, rule, [before, after]) => {
  it('can be this', () => expect(rule(before + after)).toEqual([]));

  it.each([...NO_STRINGS.map((value): [unknown, string] => [value, 'must be a string']), ['', 'must not be empty']])(
    'is not %j: %s',
    (value, words) => expect(rule(value)).toEqual([{ at: '', rule: words }]),
  );

  it.each(['\0', '\n', '\r\n', '\t', '\u0001', '\u007F', '\u0085'])('has no control character %j', (character) =>
    expect(rule(before + character + after)).toEqual([{ at: '', rule: 'must not contain control characters' }]),
  );

  it.each(['\uD800', '\uDC00', '\uDC00\uD800', '\uFFFD'])('is well-formed, without %j', (character) =>
    expect(rule(before + character + after)).toEqual([{ at: '', rule: 'must be well-formed Unicode' }]),
  );
});
