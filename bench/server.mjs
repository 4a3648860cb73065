// The process of a server: started by server-process.mjs with the module of its target and the settings.
import { Session } from 'node:inspector/promises';

const [module, settings] = process.argv.slice(2);
const { start } = await import(`./targets/${module}.mjs`);
const server = await start(JSON.parse(settings));

let profiler;

const answers = {
  usage() {
    const { user, system } = process.cpuUsage();
    return { cpuMicroseconds: user + system, residentBytes: process.memoryUsage.rss() };
  },
  /** What a full garbage collection leaves, which is what would grow without end if anything did. */
  async liveHeap() {
    const session = new Session();
    session.connect();
    await session.post('HeapProfiler.collectGarbage');
    session.disconnect();
    return { bytes: process.memoryUsage().heapUsed };
  },
  async empty() {
    await server.empty();
    return {};
  },
  async startProfile() {
    profiler = new Session();
    profiler.connect();
    await profiler.post('Profiler.enable');
    await profiler.post('Profiler.setSamplingInterval', { interval: 200 });
    await profiler.post('Profiler.start');
    return {};
  },
  async stopProfile() {
    const { profile } = await profiler.post('Profiler.stop');
    profiler.disconnect();
    return profile;
  },
};

async function answer(question) {
  try {
    process.send(await answers[question]());
  } catch (error) {
    process.send({ error: String(error) });
  }
}

process.on('message', (question) => void answer(question));
// The driver is gone.
process.on('disconnect', () => process.exit(1));
process.send({ port: server.port });
