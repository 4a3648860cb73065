// The table and the plots of growth.
import { median } from '../statistics.mjs';
import { lineChart } from './chart.mjs';
import { kept } from './goals.mjs';
import { integer, ratio, table } from './table.mjs';
import { valuesOf } from './throughput.mjs';

export function growthReport(growth) {
  const { sizes, cells } = growth;
  const names = Object.keys(cells);
  const grown = sizes.slice(1);
  const shown = sizes.map((size) => size.toLocaleString('en-US'));
  const head = [
    'req/s',
    ...shown.map((size) => `${size} clients`),
    ...shown.slice(1).map((size) => `× at ${size}`),
    ...shown.slice(1).map((size) => `× CPU at ${size}`),
  ];
  const rows = ['W1', 'W3'].flatMap((workload) =>
    names.map((name) => [
      `${workload} ${name}`,
      ...sizes.map((size) => integer(median(valuesOf(cells[name][workload][size], 'rate')))),
      ...grown.map((size) => ratio(kept(growth, name, workload, size))),
      ...grown.map((size) => ratio(kept(growth, name, workload, size, 'cpu'))),
    ]),
  );
  const plots = ['W1', 'W3'].map((workload) => {
    const lines = names.map((name) => sizes.map((size) => median(valuesOf(cells[name][workload][size], 'rate'))));
    return lineChart(
      `${workload} by the number of clients: ${names.join(', ')}`,
      shown,
      'requests a second',
      lines.map((line) => line.map(Math.round)),
    );
  });
  return [table([head, ...rows]), ...plots].join('\n\n');
}
