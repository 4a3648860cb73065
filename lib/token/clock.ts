/** The time on the wire and in the tables: whole seconds since the epoch. */
export function epochNow(): number {
  return Math.floor(Date.now() / 1000);
}
