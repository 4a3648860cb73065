// W1, W2 and W3 at each target: requests a second and the CPU time of the server for one.
import { load, measure } from '../load.mjs';
import { NATIVE_CLIENT, readings, registration, WEB_CLIENT } from '../requests.mjs';
import { progress, rotated } from '../rounds.mjs';
import { ServerProcess } from '../server-process.mjs';

/** Requests before everything else, until V8 has compiled what is used often. */
const FIRST_REQUESTS = 5_000;
const QUICK_FIRST_REQUESTS = 500;

const WORKLOADS = {
  W1: async (server) => registration(server, WEB_CLIENT),
  W2: async (server) => registration(server, NATIVE_CLIENT),
  async W3(server) {
    const client = await server.send(registration(server, WEB_CLIENT));
    return readings([client.client_id], client.registration_access_token);
  },
};

export const WORKLOAD_NAMES = Object.keys(WORKLOADS);

/** @returns by workload and target one cell a round: `{ rate, cpu }` */
export async function measureThroughput({ databases, targets, workloads, rounds, seconds, quick }) {
  const first = { amount: quick ? QUICK_FIRST_REQUESTS : FIRST_REQUESTS };
  const servers = [];
  try {
    for (const target of targets) {
      progress(`starting ${target.name}`);
      const server = await ServerProcess.start(target, await databases.create(target.database, target.name));
      servers.push(server);
      for (const name of workloads) await load(server, await WORKLOADS[name](server), first);
    }
    const cells = {};
    for (let round = 0; round < rounds; round++) {
      for (const name of workloads) {
        // What is compared is measured within a minute: the machine changes from one minute to the next.
        for (const server of rotated(servers, round)) {
          await server.empty();
          const cell = await measure(server, await WORKLOADS[name](server), seconds);
          ((cells[name] ??= {})[server.target.name] ??= []).push(cell);
          progress(`round ${round + 1} of ${rounds}, ${name}, ${server.target.name}: ${told(cell)}`);
        }
      }
    }
    return cells;
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** A cell in a line of progress. */
export function told({ rate, cpu }) {
  return `${Math.round(rate)} req/s, ${Math.round(cpu)} µs of CPU each`;
}
