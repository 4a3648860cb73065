import { describe, expect, it } from 'vitest';
import { requireJsonObject } from '../../lib/client-metadata/json-object.js';
import { InvalidClientMetadataError, InvalidRequestError } from '../../lib/errors/registration.error.js';

const MAX_BYTES = 10_000_000;
const NO_OBJECT = new InvalidClientMetadataError('the request body must be a JSON object');
const TOO_DEEP = new InvalidClientMetadataError('the request body must not nest deeper than 32 levels');

function nested(levels: number, wrap: (inner: unknown) => object): object {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = wrap(value);
  return { a: value };
}
const inObjects = (levels: number) => nested(levels, (inner) => ({ a: inner }));
const inArrays = (levels: number) => nested(levels, (inner) => [inner]);

describe('request body (RFC 7591 section 3.1)', () => {
  it.each([undefined, null, true, 0, 1, '', 'a', '{}', [], [{}], Symbol('a'), () => 1, new Date(), new Map()])(
    'is no JSON object: %s',
    (body) => expect(() => requireJsonObject(body, MAX_BYTES)).toThrow(NO_OBJECT),
  );

  it.each([{}, { a: 1 }, Object.create(null), JSON.parse('{"__proto__":1}')])('is a JSON object: %j', (body) =>
    expect(requireJsonObject(body, MAX_BYTES)).toBe(body),
  );

  it('nests 32 levels deep, itself included', () => {
    for (const make of [inObjects, inArrays]) {
      expect(() => requireJsonObject(make(31), MAX_BYTES)).not.toThrow();
      expect(() => requireJsonObject(make(32), MAX_BYTES)).toThrow(TOO_DEEP);
    }
  });

  it('is judged without recursion, however deep', () => {
    for (const make of [inObjects, inArrays])
      expect(() => requireJsonObject(make(1_000_000), MAX_BYTES)).toThrow(TOO_DEEP);
  });

  it('is judged to its end, however wide', () => {
    const wide = { a: Array.from({ length: 200_000 }, () => ({ b: [1] })) };
    expect(requireJsonObject(wide, MAX_BYTES)).toBe(wide);
  });

  describe('that is too long (RFC 9110 section 15.5.14)', () => {
    it.each([
      ['{"a":"12"}', { a: '12' }, 10],
      ['bytes and no characters', { a: 'é' }, 10],
      ['JSON without white space', JSON.parse('  {  "a" :  "12"  }  '), 10],
      ['an empty object', {}, 2],
    ])('is counted as %s', (_what, body, bytes) => {
      expect(requireJsonObject(body, bytes)).toBe(body);
      expect(() => requireJsonObject(body, bytes - 1)).toThrow(
        new InvalidRequestError(`the request body must not be longer than ${bytes - 1} bytes`, 413),
      );
    });

    it('is refused after its shape', () => {
      expect(() => requireJsonObject(['a'], 1)).toThrow(NO_OBJECT);
      expect(() => requireJsonObject(inObjects(32), 1)).toThrow(TOO_DEEP);
    });
  });
});
