/** Column transformer for seconds since the epoch in a `bigint`, which PostgreSQL and MariaDB return as text. */
export const epochSeconds = {
  to: (value: number | null | undefined) => value,
  from: (value: string | number | null) => (value === null ? null : Number(value)),
};
