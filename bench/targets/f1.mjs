// F1: node:http and one prepared INSERT, the least that a registration can cost. It validates nothing.
import { createServer } from 'node:http';
import { once } from 'node:events';
import pg from 'pg';
import { COLUMNS, informationOf, isManagedBy, newClient } from './floor-client.mjs';

const NAMES = Object.keys(COLUMNS);

const INSERT = {
  name: 'insert',
  text: `INSERT INTO clients (${NAMES.join(', ')}) VALUES (${NAMES.map((_, index) => `$${index + 1}`).join(', ')})`,
};
const SELECT = { name: 'select', text: 'SELECT * FROM clients WHERE client_id = $1' };

export async function start({ database, prepare }) {
  const pool = new pg.Pool({ connectionString: database.url, max: 10 });
  if (prepare) {
    const columns = Object.entries(COLUMNS).map(([name, type]) => `${name} ${type}`);
    await pool.query(`CREATE TABLE clients (${columns.join(', ')}, PRIMARY KEY (client_id))`);
  }

  async function register(request, response) {
    const { row, answer } = newClient(JSON.parse(await textOf(request)));
    await pool.query({ ...INSERT, values: NAMES.map((name) => valueOf(row, name)) });
    reply(response, 201, answer);
  }

  async function read(request, response, clientId) {
    const { rows } = await pool.query({ ...SELECT, values: [clientId] });
    if (isManagedBy(rows[0], request.headers.authorization)) reply(response, 200, informationOf(rows[0]));
    else reply(response, 401, { error: 'invalid_token' });
  }

  async function answer(request, response) {
    try {
      if (request.method === 'POST') await register(request, response);
      else await read(request, response, request.url.slice('/register/'.length));
    } catch (error) {
      reply(response, 500, { error: 'server_error', error_description: String(error) });
    }
  }

  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: server.address().port, empty: async () => pool.query('TRUNCATE clients') };
}

function valueOf(row, name) {
  return COLUMNS[name] === 'json' && row[name] !== null ? JSON.stringify(row[name]) : row[name];
}

async function textOf(request) {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) text += chunk;
  return text;
}

function reply(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
