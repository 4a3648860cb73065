// Resident memory of a server before and after registrations of so many different clients, and what of it a garbage collection leaves.
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from '../load.mjs';
import { registration, registrations, WEB_CLIENT } from '../requests.mjs';
import { progress } from '../rounds.mjs';
import { ServerProcess } from '../server-process.mjs';
import { targetNamed } from '../targets.mjs';

const MEASURED = ['f3', 'ours-express-token-postgres'];
const REGISTRATIONS = 100_000;
const QUICK_REGISTRATIONS = 5_000;
const SETTLING_MS = 2_000;

/** @returns how many clients were registered, and by target resident and live bytes before and after */
export async function measureMemory({ databases, quick }) {
  const count = quick ? QUICK_REGISTRATIONS : REGISTRATIONS;
  const targets = {};
  for (const name of MEASURED) {
    const target = targetNamed(name);
    const server = await ServerProcess.start(target, await databases.create('postgres', `${name}_memory`));
    try {
      await server.send(registration(server, WEB_CLIENT));
      const idle = await memoryOf(server);
      progress(`${count.toLocaleString('en-US')} registrations at ${name}`);
      await load(server, registrations(server, differentClient), { amount: count });
      targets[name] = { idle, after: await memoryOf(server) };
    } finally {
      await server.stop();
    }
  }
  return { count, targets };
}

async function memoryOf(server) {
  await sleep(SETTLING_MS);
  // In this order: the collection gives memory back.
  const resident = (await server.usage()).residentBytes;
  return { resident, live: await server.liveHeap() };
}

function differentClient(number) {
  const host = `harbour-${number}.tide-tables.example`;
  return {
    ...WEB_CLIENT,
    client_name: `Tide Tables for Harbour ${number}`,
    client_uri: `https://${host}/about`,
    redirect_uris: WEB_CLIENT.redirect_uris.map((uri) => uri.replace(/\/\/[^/]*/, `//${host}`)),
  };
}
