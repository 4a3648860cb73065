// Where the time of one server goes: W1 for 10 seconds under the profiler of V8.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from './load.mjs';
import { registration, WEB_CLIENT } from './requests.mjs';
import { progress } from './rounds.mjs';
import { ServerProcess } from './server-process.mjs';

const ROOT = new URL('..', import.meta.url).href;
const WARM_UP_SECONDS = 15;
const SECONDS = 10;
const SHOWN = 40;

/** The layer of a frame: that of the first pattern its file matches. What has none, such as Node.js itself, belongs to its caller. */
const LAYERS = [
  [/\/dist\/compiled\/([\w-]+)\//, (folder) => `this module: ${folder}`],
  [/\/node_modules\/(?:class-validator|class-transformer|validator|libphonenumber-js)\//, () => 'ValidationPipe'],
  [/\/node_modules\/(?:typeorm|@nestjs\/typeorm)\//, () => 'TypeORM'],
  [/\/node_modules\/(?:pg|pg-[\w-]+|pgpass|postgres-[\w-]+|libsql|@libsql\/[\w-]+)\//, () => 'driver of the database'],
  [/\/node_modules\/(?:body-parser|raw-body|qs|iconv-lite|secure-json-parse|co-body)\//, () => 'body parsing'],
  [/\/node_modules\/oidc-provider\//, () => 'oidc-provider'],
  [
    /\/node_modules\/(?:@nestjs|express|router|fastify|koa|find-my-way|rxjs|passport[\w-]*)/,
    () => 'NestJS, Express, Fastify',
  ],
  [/\/bench\/targets\//, () => 'the code of the target'],
];

/** Profiles a target, and prints self time by file and time by layer. */
export async function profileTarget(target, databases) {
  // Of this module with a file for each source, to tell them apart.
  const told = { ...target, settings: { ...target.settings, files: 'compiled' } };
  const server = await ServerProcess.start(told, await databases.create(target.database, target.name));
  try {
    const request = registration(server, WEB_CLIENT);
    await load(server, request, { duration: WARM_UP_SECONDS });
    progress(`${target.name}: W1 for ${SECONDS} seconds under the profiler`);
    await server.startProfile();
    const { answered } = await load(server, request, { duration: SECONDS });
    const profile = await server.stopProfile();
    const file = join(mkdtempSync(join(tmpdir(), 'dcr-bench-profile-')), `${target.name}.cpuprofile`);
    writeFileSync(file, JSON.stringify(profile));
    const nodes = nodesOf(profile);
    print('self time by file', summed(nodes, fileOf), answered, SHOWN);
    print('self time by function', summed(nodes, functionOf), answered, SHOWN);
    print('time by layer, with what a layer calls in Node.js', summed(nodes, layerOf), answered);
    console.log(`\nprofile: ${file}`);
  } finally {
    await server.stop();
  }
}

/** The nodes of the call tree with their parents and their own time; without the time in which nothing ran. */
function nodesOf({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, { ...node, microseconds: 0 }]));
  for (const node of byId.values()) for (const child of node.children ?? []) byId.get(child).parent = node;
  samples.forEach((id, index) => (byId.get(id).microseconds += timeDeltas[index]));
  return [...byId.values()].filter(({ callFrame }) => callFrame.functionName !== '(idle)');
}

function summed(nodes, keyOf) {
  const sums = new Map();
  for (const node of nodes) {
    if (node.microseconds === 0) continue;
    const key = keyOf(node);
    sums.set(key, (sums.get(key) ?? 0) + node.microseconds);
  }
  return [...sums].toSorted(([, a], [, b]) => b - a);
}

function fileOf({ callFrame: { url, functionName } }) {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  return url.replace(/^.*\/node_modules\//, '').replace(ROOT, '');
}

function functionOf(node) {
  const { functionName, lineNumber } = node.callFrame;
  return node.callFrame.url === ''
    ? functionName
    : `${fileOf(node)}:${lineNumber + 1} ${functionName || '(anonymous)'}`;
}

function layerOf(node) {
  if (node.callFrame.functionName === '(garbage collector)') return 'garbage collector';
  for (let frame = node; frame; frame = frame.parent) {
    for (const [pattern, nameOf] of LAYERS) {
      const match = pattern.exec(frame.callFrame.url);
      if (match) return nameOf(match[1]);
    }
  }
  return 'Node.js';
}

function print(title, sums, requests, shown = sums.length) {
  const total = sums.reduce((sum, [, microseconds]) => sum + microseconds, 0);
  console.log(`\n${title} (${requests} requests, ${Math.round(total / requests)} µs each)\n`);
  for (const [name, microseconds] of sums.slice(0, shown)) {
    const share = ((100 * microseconds) / total).toFixed(1).padStart(5);
    console.log(`${share} %  ${(microseconds / requests).toFixed(1).padStart(6)} µs  ${name}`);
  }
}
