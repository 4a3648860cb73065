import type { ClientDocument } from './client-document.js';
import { textTable } from '../terminal/text-table.js';
import { time } from '../terminal/time.js';

const HEADING = ['ID', 'NAME', 'TYPE', 'STATUS', 'OWNER', 'SOURCE', 'ISSUED'];

/** Clients as a table for people. */
export function clientTable(clients: readonly ClientDocument[]): string {
  return textTable([
    HEADING,
    ...clients.map((client) => [
      textOf(client['client_id']),
      textOf(client['client_name']),
      client['token_endpoint_auth_method'] === 'none' ? 'public' : 'confidential',
      textOf(client['status']),
      textOf(client['owner']),
      textOf(client['source']),
      time(Number(client['client_id_issued_at'])),
    ]),
  ]);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '-';
}
