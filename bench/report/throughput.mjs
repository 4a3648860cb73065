// The tables and the plot of throughput.
import { median, medianRatio } from '../statistics.mjs';
import { TARGETS } from '../targets.mjs';
import { barChart } from './chart.mjs';
import { integer, ratio, table } from './table.mjs';

const BASE = 'f3';

export function throughputReport(cells) {
  const workloads = Object.keys(cells);
  const measured = TARGETS.filter(({ name }) => workloads.some((workload) => cells[workload][name]));
  const head = workloads.flatMap((workload) => [`${workload} req/s`, `× ${BASE}`, 'CPU µs', `× ${BASE}`]);
  const rows = measured.map(({ name }) => [name, ...workloads.flatMap((workload) => columns(cells[workload], name))]);
  const about = measured.map(({ name, about }) => `- \`${name}\`: ${about}`).join('\n');
  return [
    table([['target', ...head], ...rows]),
    about,
    ...workloads.slice(0, 1).map((name) => chart(cells, name, measured)),
  ].join('\n\n');
}

function columns(ofTargets, name) {
  return ['rate', 'cpu'].flatMap((key) => {
    const values = valuesOf(ofTargets[name], key);
    return [integer(values && median(values)), ratio(medianRatio(values, valuesOf(ofTargets[BASE], key)))];
  });
}

function chart(cells, workload, measured) {
  const bars = measured
    .filter(({ name }) => cells[workload][name])
    .map(({ name }) => [name, median(valuesOf(cells[workload][name], 'rate'))]);
  return barChart(`${workload}, requests a second on one core`, bars);
}

/** One of the numbers of each round: `rate` or `cpu`. */
export function valuesOf(rounds, key) {
  return rounds?.map((cell) => cell[key]);
}
