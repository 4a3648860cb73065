/** A time of the database as people read it, in UTC; `never` for none. */
export function time(seconds: number | null): string {
  if (seconds === null) return 'never';
  const date = new Date(seconds * 1000);
  // A host's own hands may have stored what is no time.
  if (Number.isNaN(date.getTime())) return String(seconds);
  return date.toISOString().replace('.000Z', 'Z');
}
