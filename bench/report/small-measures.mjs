// The tables of client authentication, memory and start-up.
import { median } from '../statistics.mjs';
import { integer, mebibytes, table } from './table.mjs';
import { valuesOf } from './throughput.mjs';

export function authenticationReport(cells) {
  const rows = Object.entries(cells).map(([method, rounds]) => [
    `\`${method}\``,
    integer(median(valuesOf(rounds, 'rate'))),
    integer(median(valuesOf(rounds, 'cpu'))),
  ]);
  return table([['method', 'req/s', 'CPU µs'], ...rows]);
}

export function memoryReport({ count, targets }) {
  const rows = Object.entries(targets).flatMap(([name, { idle, after }]) =>
    Object.entries({ resident: 'resident', live: 'objects after a garbage collection' }).map(([key, shown]) => [
      `${name}, ${shown}`,
      mebibytes(idle[key]),
      mebibytes(after[key]),
      mebibytes(after[key] - idle[key]),
    ]),
  );
  return table([['MiB', 'idle', `after ${count.toLocaleString('en-US')} registrations`, 'more'], ...rows]);
}

export function startUpReport(starts) {
  const rows = Object.entries(starts).map(([name, rounds]) => [
    name,
    integer(median(valuesOf(rounds, 'milliseconds'))),
    mebibytes(median(valuesOf(rounds, 'residentBytes'))),
  ]);
  return table([['target', 'ms to the first registration', 'MiB idle'], ...rows]);
}
