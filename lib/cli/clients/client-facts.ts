import type { ClientDocument } from './client-document.js';
import { printable } from '../terminal/message-text.js';
import { time } from '../terminal/time.js';

/** A client for people: a member a line, times in UTC. */
export function clientFacts(client: ClientDocument): string {
  const width = Math.max(...Object.keys(client).map((name) => name.length)) + 1;
  return Object.entries(client)
    .map(([name, value]) => `${`${printable(name)}:`.padEnd(width)} ${printable(inWords(name, value))}\n`)
    .join('');
}

function inWords(name: string, value: unknown): string {
  if (name === 'client_secret_expires_at' && value === 0) return 'never';
  if (name.endsWith('_at') && typeof value === 'number') return time(value);
  if (!Array.isArray(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const words = value.map((entry) => (typeof entry === 'string' ? entry : JSON.stringify(entry)));
  return words.length === 0 ? '-' : words.join(' ');
}
