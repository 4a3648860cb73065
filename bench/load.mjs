// The load: autocannon with 16 connections, each of which waits for its answer. Every answer has to be the expected one.
import autocannon from 'autocannon';
import { setTimeout as sleep } from 'node:timers/promises';

const CONNECTIONS = 16;
/** How long a server is warmed up before each cell: its connections to the database end while others are measured. */
const WARM_UP_SECONDS = 0.5;

/**
 * One cell: how many requests a second the server answers, and what each costs it.
 * @returns requests a second, and microseconds of the CPU time of the server's process per request
 * @throws Error when an answer was not the expected one
 */
export async function measure(server, request, seconds) {
  await load(server, request, { duration: WARM_UP_SECONDS });
  const before = await server.usage();
  const { answered, seconds: taken } = await load(server, request, { duration: seconds });
  const after = await server.usage();
  return { rate: answered / taken, cpu: (after.cpuMicroseconds - before.cpuMicroseconds) / answered };
}

/** @param {{ duration?: number, amount?: number }} extent how long, or how many requests */
export async function load(server, { status, ...request }, extent) {
  const { requests, path, ...shared } = request;
  const result = await autocannon({
    url: `http://127.0.0.1:${server.port}${path}`,
    connections: CONNECTIONS,
    sampleInt: 50,
    ...extent,
    ...shared,
    ...(requests && { requests }),
  });
  const answered = result.statusCodeStats[status]?.count ?? 0;
  const answers = Object.entries(result.statusCodeStats).map(([code, { count }]) => `${count} × ${code}`);
  if (answered === 0 || answers.length > 1 || result.errors > 0) {
    throw new Error(`${server.target.name} should answer ${status}: ${answers.join(', ')}, ${result.errors} errors`);
  }
  // What was under way when the connections were cut is done by now.
  await sleep(50);
  return { answered, seconds: result.duration };
}
