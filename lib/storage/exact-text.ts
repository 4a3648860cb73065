import { And, Equal, Raw, type DataSource, type FindOperator } from 'typeorm';

/** A condition that text is exactly this: MariaDB and MySQL ignore case and trailing spaces, and would say yes to other text, too. */
export function exactText({ options }: DataSource, text: string): FindOperator<string> {
  if (options.type !== 'mysql' && options.type !== 'mariadb') return Equal(text);
  const octets = Raw(
    (column) => `CAST(CONVERT(${column} USING utf8mb4) AS BINARY) = CAST(CONVERT(:exactText USING utf8mb4) AS BINARY)`,
    { exactText: text },
  );
  // The first condition finds the rows by an index, if there is one.
  return And(Equal(text), octets);
}
