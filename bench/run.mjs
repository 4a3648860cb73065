// The benchmark: `npm run bench`, or `node bench/run.mjs` once everything is built and installed. See README.md beside it.
import { once } from 'node:events';
import { readCommandLine, USAGE } from './command-line.mjs';
import { Databases } from './databases.mjs';
import { leaveServerCore, machineClass, versions } from './machine.mjs';
import { measureAuthentication } from './measures/authentication.mjs';
import { measureGrowth } from './measures/growth.mjs';
import { measureMemory } from './measures/memory.mjs';
import { measureStartUp } from './measures/start-up.mjs';
import { measureThroughput, WORKLOAD_NAMES } from './measures/throughput.mjs';
import { profileTarget } from './profile.mjs';
import { reportOf, writeReadme } from './report/report.mjs';
import { targetNamed, targetsNamed } from './targets.mjs';

/** The measures beside throughput, by what they are called on the command line. */
const MEASURES = {
  authentication: measureAuthentication,
  growth: measureGrowth,
  memory: measureMemory,
  'start-up': measureStartUp,
};

const options = readCommandLine(process.argv.slice(2));
if (options.help) console.log(USAGE);
else await (options.profile ? withDatabases(profile) : withDatabases(run));

async function profile(databases) {
  await profileTarget(targetNamed(options.profile), databases);
}

async function run(databases) {
  const { rounds, seconds, quick } = options;
  const software = { ...versions(), PostgreSQL: await databases.postgresVersion() };
  const results = {};
  const workloads = WORKLOAD_NAMES.filter(isAsked);
  if (workloads.length > 0) {
    const targets = targetsNamed(options.only);
    results.throughput = await measureThroughput({ databases, targets, workloads, rounds, seconds, quick });
  }
  for (const [name, measure] of Object.entries(MEASURES)) {
    if (isAsked(name)) results[name] = await measure({ databases, rounds, seconds, quick });
  }
  const report = reportOf(results, {
    date: new Date().toISOString().slice(0, 10),
    machine: machineClass(),
    versions: software,
    rounds,
    seconds,
  });
  if (options.isComplete) await writeReadme(report);
  console.log(report);
}

function isAsked(name) {
  return options.measures.length === 0 || options.measures.includes(name);
}

/** Whatever happens, the databases are gone afterwards. */
async function withDatabases(work) {
  const unknown = options.measures.filter((name) => !WORKLOAD_NAMES.includes(name) && !Object.hasOwn(MEASURES, name));
  if (unknown.length > 0) throw new Error(`nothing measures ${unknown.join(', ')}\n\n${USAGE}`);
  leaveServerCore();
  const databases = await Databases.open();
  const interruption = once(process, 'SIGINT').then(() => {
    throw new Error('interrupted');
  });
  try {
    await Promise.race([work(databases), interruption]);
  } finally {
    await databases.close();
  }
}
