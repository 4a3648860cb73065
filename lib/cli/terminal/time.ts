/** A time of the database as people read it, in UTC; `never` for none. */
export function time(seconds: number | null): string {
  if (seconds === null) return 'never';
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
