import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../lib/cli/tokens/duration.js';

describe('duration', () => {
  it.each([
    ['0', 0],
    ['1s', 1],
    ['30s', 30],
    ['15m', 900],
    ['1h', 3_600],
    ['7d', 604_800],
    ['36525d', 3_155_760_000],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([
    '',
    '1',
    '60',
    '0s',
    '00',
    '01h',
    '1w',
    '1y',
    '1H',
    '1 h',
    ' 1h',
    '1h ',
    '1h30m',
    '1.5h',
    '-1h',
    '+1h',
    '1e3s',
    'h',
    'never',
    '1h\n',
    '１h',
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(/^a duration is a number with s, m, h or d, such as 1h; 0 means no end$/);
  });

  it.each(['36526d', '3155760001s', '999999999999999d'])('refuses %s, which is more than a century', (text) => {
    expect(() => parseDuration(text)).toThrow(/^a duration is at most 36525d/);
  });
});
