import { describe, expect, it } from 'vitest';
import { parseConnection } from '../../lib/cli/connection/connection.js';

describe('URL of a database', () => {
  it.each([
    ['sqlite:auth.sqlite', 'auth.sqlite'],
    ['sqlite:./data/auth.sqlite', './data/auth.sqlite'],
    ['sqlite:/var/lib/auth.sqlite', '/var/lib/auth.sqlite'],
    ['sqlite:///var/lib/auth.sqlite', '/var/lib/auth.sqlite'],
    ['SQLITE:auth.sqlite\n', 'auth.sqlite'],
    ['sqlite:my%20file.sqlite', 'my file.sqlite'],
  ])('%j is a file', (url, file) => {
    expect(parseConnection(url, true)).toMatchObject({ kind: 'sqlite', file, name: `sqlite:${file}` });
  });

  it.each([
    ['postgres://app:s3cret@db.example:5433/auth', 'postgres', 'postgres://app:***@db.example:5433/auth'],
    ['postgresql://app@db.example/auth?sslmode=require', 'postgres', 'postgresql://app@db.example/auth'],
    ['postgres:///auth?host=/run/postgresql&password=s3cret', 'postgres', 'postgres:///auth'],
    ['mysql://app:s3cret%40@[::1]:3306/auth', 'mysql', 'mysql://app:***@[::1]:3306/auth'],
    ['mariadb://app:p@s3cret@db.example/auth', 'mariadb', 'mariadb://app:***@db.example/auth'],
  ])('%s is a server, named without password and parameters', (url, kind, name) => {
    expect(parseConnection(url, true)).toMatchObject({ kind, name });
  });

  it.each([
    ['', /must begin with/],
    ['auth.sqlite', /must begin with/],
    ['oracle://app:s3cret@db.example/auth', /must begin with/],
    ['sqlite:', /names no file/],
    ['sqlite::memory:', /in memory/],
    ['sqlite:100%', /cannot be read/],
    ['postgres:auth', /cannot be read/],
    ['postgres://app:s3cret#x@db.example/auth', /cannot be read/],
    ['postgres://app:12#s3cret@db.example/auth', /cannot be read/],
    ['postgres://app:12/s3cret@db.example/auth', /cannot be read/],
    ['postgres://app:12?s3cret@db.example/auth', /cannot be read/],
    ['mysql://app:s3cret%@db.example/auth', /cannot be read/],
    ['mysql://app:s3cret@db.example:port/auth', /cannot be read/],
  ])('%s is refused without being repeated', (url, message) => {
    expect(() => parseConnection(url, true)).toThrow(message);
    expect(() => parseConnection(url, true)).not.toThrow(/s3cret/);
  });

  it('is repeated for a further command only where it stood on the command line', () => {
    expect(parseConnection('sqlite:auth.sqlite', true).again).toBe(' --connect sqlite:auth.sqlite');
    expect(parseConnection('sqlite:my%20file.sqlite', true).again).toBe(' --connect sqlite:my%20file.sqlite');
    expect(parseConnection("sqlite:it's.sqlite", true).again).toBe(String.raw` --connect 'sqlite:it'\''s.sqlite'`);
    expect(parseConnection('postgres://app:s3cret@db/auth', true).again).toBe(
      " --connect 'postgres://app:***@db/auth'",
    );
    expect(parseConnection('sqlite:auth.sqlite', false).again).toBe('');
  });
});
