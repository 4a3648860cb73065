import { describe, expect, it } from 'vitest';
import {
  presentedCredentials,
  type ClientAuthenticationRequest,
} from '../../lib/client-authentication/presented-credentials.js';
import { InvalidClientError, InvalidRequestError } from '../../lib/errors/registration.error.js';

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const basic = (text: string | Buffer) => `Basic ${Buffer.from(text).toString('base64')}`;
const read = (request: ClientAuthenticationRequest) => presentedCredentials(request);
const refusal = (request: ClientAuthenticationRequest): unknown => {
  try {
    return read(request);
  } catch (error) {
    return error;
  }
};

describe('client_secret_basic (RFC 6749 section 2.3.1)', () => {
  it.each([
    ['a client and its secret', basic('id:secret'), 'id', 'secret'],
    ['the scheme in any letter case', basic('id:secret').replace('Basic', 'bAsIc'), 'id', 'secret'],
    ['more than one space behind the scheme', basic('id:secret').replace(' ', '   '), 'id', 'secret'],
    ['the first colon as the separator', basic('id:a:b:c'), 'id', 'a:b:c'],
    ['an id with an encoded colon', basic('a%3Ab:c'), 'a:b', 'c'],
    ['both halves form-decoded', basic('i%20d+1:s%2Be%25c+t'), 'i d 1', 's+e%c t'],
    ['UTF-8', basic('id:%C3%A9'), 'id', 'é'],
    ['UTF-8 that is not encoded', basic('id:é'), 'id', 'é'],
    ['base64 without padding', basic('id:s').replaceAll('=', ''), 'id', 's'],
  ])('reads %s', (_what, authorization, clientId, secret) => {
    expect(read({ authorization })).toEqual({ kind: 'secret', clientId, secret });
  });

  it('takes an empty secret for none: a public client that sends its id', () => {
    expect(read({ authorization: basic('id:') })).toEqual({ kind: 'identifier', clientId: 'id' });
  });

  it('takes the client_id of the body beside it, if it is the same', () => {
    const authorization = basic('id:secret');
    expect(read({ authorization, body: { client_id: 'id' } })).toMatchObject({ kind: 'secret' });
    expect(refusal({ authorization, body: { client_id: 'other' } })).toBeInstanceOf(InvalidRequestError);
  });

  it.each([
    ['no colon', basic('id')],
    ['an empty id', basic(':secret')],
    ['nothing in it', basic('')],
    ['a malformed percent-encoding of the id', basic('%:secret')],
    ['a malformed percent-encoding of the secret', basic('id:%zz')],
    ['octets that are no UTF-8', basic(Buffer.from([0x69, 0x3a, 0xff]))],
    ['characters that are not base64', 'Basic id:secret'],
    ['base64url', 'Basic aWQ6c2Vj_-8='],
    ['two values', `${basic('id:secret')} ${basic('id:secret')}`],
    ['a list of credentials', `${basic('id:secret')}, ${basic('id:secret')}`],
    ['the scheme alone', 'Basic'],
    ['nothing', ''],
    ['another scheme', 'Bearer aWQ6c2VjcmV0'],
    ['a scheme that begins like it', 'BasicX aWQ6c2VjcmV0'],
    ['a tab behind the scheme', 'Basic\taWQ6c2VjcmV0'],
  ])('refuses %s, and asks for Basic', (_what, authorization) => {
    const error = refusal({ authorization });
    expect(error).toBeInstanceOf(InvalidClientError);
    expect(error).toMatchObject({ inHeader: true });
  });
});

describe('client_secret_post and none (RFC 6749 sections 2.3.1 and 3.2.1)', () => {
  it('reads client_id and client_secret', () => {
    expect(read({ body: { client_id: 'id', client_secret: 's+%' } })).toEqual({
      kind: 'secret',
      clientId: 'id',
      secret: 's+%',
    });
  });

  it.each([
    ['client_id alone', {}],
    ['an empty client_secret', { client_secret: '' }],
  ])('reads %s as no proof', (_what, more) => {
    expect(read({ body: { client_id: 'id', ...more } })).toEqual({ kind: 'identifier', clientId: 'id' });
  });

  it.each([
    ['no body', undefined],
    ['null', null],
    ['text', 'client_id=id'],
    ['an empty form', {}],
    ['an empty client_id', { client_id: '' }],
    ['a secret of nobody', { client_secret: 'secret' }],
    ['what is inherited', Object.create({ client_id: 'id' }) as object],
  ])('asks for authentication where there is %s', (_what, body) => {
    const error = refusal({ body });
    expect(error).toBeInstanceOf(InvalidClientError);
    expect(error).toMatchObject({ inHeader: false });
  });
});

describe('private_key_jwt and client_secret_jwt (RFC 7523 section 2.2)', () => {
  it.each([[{}], [{ client_id: 'id' }]])('reads the assertion beside %j', (more: { client_id?: string }) => {
    const body = { client_assertion_type: JWT_BEARER, client_assertion: 'a.b.c', ...more };
    expect(read({ body })).toEqual({ kind: 'assertion', clientId: more.client_id, assertion: 'a.b.c' });
  });

  it('refuses one without the other', () => {
    expect(refusal({ body: { client_assertion: 'a.b.c' } })).toBeInstanceOf(InvalidRequestError);
    expect(refusal({ body: { client_assertion_type: JWT_BEARER } })).toBeInstanceOf(InvalidRequestError);
  });

  it('refuses another type, and an assertion that no client needs to be so long', () => {
    const saml = 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer';
    expect(refusal({ body: { client_assertion_type: saml, client_assertion: 'x' } })).toBeInstanceOf(
      InvalidClientError,
    );
    const body = { client_assertion_type: JWT_BEARER, client_assertion: 'x'.repeat(16_385) };
    expect(refusal({ body })).toBeInstanceOf(InvalidClientError);
  });
});

describe('one method in one request (RFC 6749 section 2.3)', () => {
  const methods = {
    basic: { authorization: basic('id:secret'), body: {} },
    post: { body: { client_id: 'id', client_secret: 'secret' } },
    assertion: { body: { client_assertion_type: JWT_BEARER, client_assertion: 'a.b.c' } },
  };
  const pairs = [
    ['basic', 'post'],
    ['basic', 'assertion'],
    ['post', 'assertion'],
  ] as const;

  it.each(pairs)('refuses %s with %s', (one, other) => {
    const body = { ...methods[one].body, ...methods[other].body };
    const error = refusal({ ...methods[one], ...methods[other], body });
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(error).toMatchObject({ message: 'the client must authenticate by one method only' });
  });

  it.each(['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'])(
    'refuses a repeated %s, as any parser hands it on (RFC 6749 section 3.2)',
    (name) => {
      for (const value of [['a', 'b'], ['a'], { a: 'b' }, [], 1, true, null]) {
        const error = refusal({ body: { client_id: 'id', [name]: value } });
        expect(error).toBeInstanceOf(InvalidRequestError);
        expect(error).toMatchObject({ message: `${name} must not be repeated` });
      }
    },
  );
});
