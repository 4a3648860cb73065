// The goals, and whether this run has reached them.
import { medianDifference, medianRatio } from '../statistics.mjs';
import { mebibytes, NOT_MEASURED, ratio, table } from './table.mjs';
import { valuesOf } from './throughput.mjs';

const OPEN = 'ours-express-open-postgres';
const TOKEN = 'ours-express-token-postgres';
const FASTIFY = 'ours-fastify-token-postgres';
const MEBIBYTE = 2 ** 20;

const AT_LEAST = { reached: (value, limit) => value >= limit, sign: '≥', show: ratio };
const AT_MOST = { reached: (value, limit) => value <= limit, sign: '≤', show: ratio };
const AT_MOST_BYTES = { ...AT_MOST, show: (bytes) => `${mebibytes(bytes)} MiB` };

/** A row for each goal whose numbers were measured. */
export function goalsReport(results) {
  const rows = goalsOf(results).map(({ measure, value, kind, atLeast, wanted, note = '' }) => [
    measure,
    value === undefined ? NOT_MEASURED : kind.show(value),
    judged(value, atLeast, kind) + note,
    judged(value, wanted, kind),
  ]);
  return table([['measure', 'measured', 'at least', 'wanted'], ...rows]);
}

function judged(value, limit, { reached, sign, show }) {
  if (limit === undefined) return NOT_MEASURED;
  const mark = value === undefined ? '' : reached(value, limit) ? ' ✓' : ' ✗';
  return `${sign} ${show(limit)}${mark}`;
}

function goalsOf({ throughput = {}, growth, memory, 'start-up': startUp = {} }) {
  const against = (workload, name, base, key = 'rate') =>
    medianRatio(valuesOf(throughput[workload]?.[name], key), valuesOf(throughput[workload]?.[base], key));
  const f3Starts = startUp.f3;
  const ourStarts = startUp[TOKEN];
  const ourMemory = memory?.targets[TOKEN];
  return [
    {
      measure: 'W1, Express, open, against F3',
      value: against('W1', OPEN, 'f3'),
      kind: AT_LEAST,
      atLeast: 1.2,
      wanted: 1.5,
    },
    {
      measure: 'W1, Express, token, against F3',
      value: against('W1', TOKEN, 'f3'),
      kind: AT_LEAST,
      atLeast: 1,
      wanted: 1.3,
    },
    {
      measure: 'W1, Express, token, against F5',
      value: against('W1', TOKEN, 'f5'),
      kind: AT_LEAST,
      atLeast: 1.25,
      wanted: 1.6,
    },
    {
      measure: 'W1, Fastify, token, against F3',
      value: against('W1', FASTIFY, 'f3'),
      kind: AT_LEAST,
      atLeast: 1.8,
      wanted: 2.5,
    },
    {
      measure: 'CPU of the server per W1, Express, token, against F3',
      value: against('W1', TOKEN, 'f3', 'cpu'),
      kind: AT_MOST,
      atLeast: 0.9,
      wanted: 0.65,
    },
    {
      measure: 'W1, Express, token, against oidc-provider on PostgreSQL',
      value: against('W1', TOKEN, 'oidc'),
      kind: AT_LEAST,
      atLeast: 1,
      wanted: 1.25,
    },
    {
      measure: 'W3, Express, against F3',
      value: against('W3', TOKEN, 'f3'),
      kind: AT_LEAST,
      atLeast: 1.1,
      wanted: 1.4,
    },
    ...['W1', 'W3'].map((workload) => growthGoal(growth, workload)),
    {
      measure: 'start-up against F3',
      value: medianRatio(valuesOf(ourStarts, 'milliseconds'), valuesOf(f3Starts, 'milliseconds')),
      kind: AT_MOST,
      atLeast: 1.15,
      wanted: 1.05,
    },
    {
      measure: 'idle memory above F3',
      value: medianDifference(valuesOf(ourStarts, 'residentBytes'), valuesOf(f3Starts, 'residentBytes')),
      kind: AT_MOST_BYTES,
      atLeast: 20 * MEBIBYTE,
      wanted: 10 * MEBIBYTE,
    },
    {
      measure: `memory after ${memory ? memory.count.toLocaleString('en-US') : 'all'} registrations above idle`,
      value: ourMemory && ourMemory.after.resident - ourMemory.idle.resident,
      kind: AT_MOST_BYTES,
      atLeast: 60 * MEBIBYTE,
      wanted: 40 * MEBIBYTE,
    },
  ];
}

/** What is left of the speed at the smallest size, against what is left of F3's. */
function growthGoal(growth, workload) {
  const largest = growth?.sizes.at(-1);
  return {
    measure: `${workload} with ${largest ? largest.toLocaleString('en-US') : 'most'} clients against 1,000`,
    value: growth && kept(growth, TOKEN, workload, largest),
    kind: AT_LEAST,
    atLeast: growth && kept(growth, 'f3', workload, largest),
    wanted: 0.95,
    note: ' (that of F3)',
  };
}

/** The ratio of a size to the smallest one, in requests a second or in the CPU time of one. */
export function kept({ sizes, cells }, name, workload, size, key = 'rate') {
  const bySize = cells[name]?.[workload];
  return medianRatio(valuesOf(bySize?.[size], key), valuesOf(bySize?.[sizes[0]], key));
}
