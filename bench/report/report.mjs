// The whole report, and its place in README.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { goalsReport } from './goals.mjs';
import { growthReport } from './growth.mjs';
import { authenticationReport, memoryReport, startUpReport } from './small-measures.mjs';
import { throughputReport } from './throughput.mjs';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const BEGIN = '<!-- results -->';
const END = '<!-- /results -->';

/** @param results what each measure has returned; a part that was not measured is left out */
export function reportOf(results, { date, machine, versions, rounds, seconds }) {
  const { throughput, growth, authentication, memory, 'start-up': startUp } = results;
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const parts = [
    `${date}, medians of ${rounds} interleaved rounds of ${seconds} s, 16 connections. ${machine}. ${software.join(', ')}.`,
    section('Goals', goalsReport(results)),
    throughput && section('Throughput', throughputReport(throughput)),
    authentication && section('Client authentication', authenticationReport(authentication)),
    growth && section('Growth', growthReport(growth)),
    memory && section('Memory', memoryReport(memory)),
    startUp && section('Start-up', startUpReport(startUp)),
  ];
  return parts.filter((part) => part !== undefined).join('\n\n');
}

/** Puts the report between the two markers of README.md, in the format of the repository. */
export async function writeReadme(report) {
  const text = readFileSync(README, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`bench/README.md has no ${BEGIN} and ${END}`);
  const written = `${before}${BEGIN}\n\n${report}\n\n${END}${after}`;
  writeFileSync(README, await format(written, { ...(await resolveConfig(README)), filepath: README }));
}

function section(title, body) {
  return `### ${title}\n\n${body}`;
}
