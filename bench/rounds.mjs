// Interleaving: each round visits everything once and begins somewhere else, so that what the machine does meanwhile meets all alike.

/** Visits each thing once a round. */
export async function inRounds(rounds, things, visit) {
  for (let round = 0; round < rounds; round++) {
    const first = round % things.length;
    for (const thing of [...things.slice(first), ...things.slice(0, first)]) await visit(thing, round);
  }
}

/** Tells on standard error what is being done; standard output is for the report. */
export function progress(text) {
  console.error(`${new Date().toTimeString().slice(0, 8)}  ${text}`);
}
