// Interleaving: each round visits everything once and begins somewhere else, so that what the machine does meanwhile meets all alike.

/** Visits each thing once a round. */
export async function inRounds(rounds, things, visit) {
  for (let round = 0; round < rounds; round++) {
    for (const thing of rotated(things, round)) await visit(thing, round);
  }
}

/** The things in the order of a round. */
export function rotated(things, round) {
  const first = round % things.length;
  return [...things.slice(first), ...things.slice(0, first)];
}

/** Tells on standard error what is being done; standard output is for the report. */
export function progress(text) {
  console.error(`${new Date().toTimeString().slice(0, 8)}  ${text}`);
}
