// From the start of a process to its first accepted registration, and what it then has in memory. Its tables are there already.
import { setTimeout as sleep } from 'node:timers/promises';
import { registration, WEB_CLIENT } from '../requests.mjs';
import { inRounds, progress } from '../rounds.mjs';
import { ServerProcess } from '../server-process.mjs';
import { targetNamed } from '../targets.mjs';

const MEASURED = ['f3', 'ours-express-token-postgres'];
const FEWEST_ROUNDS = 5;
const SETTLING_MS = 1_000;

/** @returns by target one entry a round: `{ milliseconds, residentBytes }` */
export async function measureStartUp({ databases, rounds }) {
  const prepared = [];
  for (const name of MEASURED) {
    const target = targetNamed(name);
    const database = await databases.create('postgres', `${name}_start`);
    const server = await ServerProcess.start(target, database);
    await server.stop();
    prepared.push({ target, database });
  }
  const starts = {};
  await inRounds(Math.max(FEWEST_ROUNDS, rounds), prepared, async ({ target, database }, round) => {
    const began = performance.now();
    const server = await ServerProcess.start(target, database, { prepare: false });
    try {
      await server.send(registration(server, WEB_CLIENT));
      const milliseconds = performance.now() - began;
      await sleep(SETTLING_MS);
      const { residentBytes } = await server.usage();
      (starts[target.name] ??= []).push({ milliseconds, residentBytes });
      progress(
        `start ${round + 1}, ${target.name}: ${Math.round(milliseconds)} ms, ${Math.round(residentBytes / 2 ** 20)} MiB`,
      );
    } finally {
      await server.stop();
    }
  });
  return starts;
}
