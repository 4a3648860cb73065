import { createHash } from 'node:crypto';
import { And, Equal, Raw, type DataSource, type FindOperator } from 'typeorm';

/** A condition that text is exactly this: MariaDB and MySQL ignore case and trailing spaces, and would say yes to other text, too. */
export function exactText({ options }: DataSource, text: string): FindOperator<string> {
  if (options.type !== 'mysql' && options.type !== 'mariadb') return Equal(text);
  // A statement has each name once: two texts under the same one would be one text.
  const name = `exact_${createHash('sha256').update(text).digest('hex')}`;
  const octets = Raw(
    (column) => `CAST(CONVERT(${column} USING utf8mb4) AS BINARY) = CAST(CONVERT(:${name} USING utf8mb4) AS BINARY)`,
    { [name]: text },
  );
  // The first condition finds the rows by an index, if there is one.
  return And(Equal(text), octets);
}
