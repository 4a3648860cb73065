// W1 and W3 with 1,000, 100,000 and a million clients. Each size has a server and a database of its own; sizes are interleaved.
import { connect } from '../databases.mjs';
import { load, measure } from '../load.mjs';
import { readings, registration, WEB_CLIENT } from '../requests.mjs';
import { inRounds, progress } from '../rounds.mjs';
import { ServerProcess } from '../server-process.mjs';
import { targetNamed } from '../targets.mjs';
import { told } from './throughput.mjs';

/** Who is measured, and where its clients are. */
const GROWING = [
  { target: targetNamed('f3'), table: 'clients', key: 'client_id' },
  { target: targetNamed('ours-express-token-postgres'), table: 'oauth_clients', key: 'clientId' },
];

const SIZES = [1_000, 100_000, 1_000_000];
const QUICK_SIZES = [1_000, 100_000];
/** What the registrations of a few cells would multiply is filled again before each visit. */
const SMALL = 10_000;
/** How many clients are read, from all over the table. */
const READ = 500;
const FIRST_REQUESTS = 3_000;
const QUICK_FIRST_REQUESTS = 500;

/** @returns the sizes, and by target, workload and size one cell a round: `{ rate, cpu }` */
export async function measureGrowth({ databases, rounds, seconds, quick }) {
  const sizes = quick ? QUICK_SIZES : SIZES;
  const first = { amount: quick ? QUICK_FIRST_REQUESTS : FIRST_REQUESTS };
  const grown = [];
  try {
    // Alike things stand beside each other in a round.
    for (const size of sizes) {
      for (const growing of GROWING) {
        const one = await GrownServer.start(databases, growing, size);
        grown.push(one);
        for (const request of Object.values(one.requests)) await load(one.server, request, first);
      }
    }
    const cells = {};
    await inRounds(rounds, grown, async (one, round) => {
      if (one.size < SMALL) await one.fill();
      for (const [workload, request] of Object.entries(one.requests)) {
        const cell = await measure(one.server, request, seconds);
        const ofTarget = (cells[one.server.target.name] ??= {});
        ((ofTarget[workload] ??= {})[one.size] ??= []).push(cell);
        progress(`round ${round + 1} of ${rounds}, ${workload}, ${one.label}: ${told(cell)}`);
      }
    });
    return { sizes, cells };
  } finally {
    for (const one of grown) await one.stop();
  }
}

class GrownServer {
  static async start(databases, { target, table, key }, size) {
    const one = new GrownServer();
    Object.assign(one, {
      databases,
      table,
      key,
      size,
      label: `${target.name} with ${size.toLocaleString('en-US')} clients`,
    });
    progress(`filling ${one.label}`);
    one.database = await databases.create('postgres', `${target.name}_${size}`);
    one.connection = await connect(one.database.url);
    one.server = await ServerProcess.start(target, one.database);
    await one.fill();
    return one;
  }

  /** Copies of one registered client with other ids: they share its registration access token. */
  async fill() {
    const { server, connection, table, key, size } = this;
    await server.empty();
    const client = await server.send(registration(server, WEB_CLIENT));
    const { rows: columns } = await connection.query(
      'SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND column_name <> $2',
      [table, key],
    );
    const others = columns.map(({ column_name: name }) => `"${name}"`).join(', ');
    await connection.query(
      `INSERT INTO ${table} ("${key}", ${others})
       SELECT gen_random_uuid()::text, ${others} FROM ${table} CROSS JOIN generate_series(2, ${size})`,
    );
    await connection.query(`VACUUM (ANALYZE) ${table}`);
    if (size >= SMALL) await connection.query('CHECKPOINT');
    const { rows } = await connection.query(`SELECT "${key}" AS id FROM ${table} ORDER BY random() LIMIT ${READ}`);
    this.requests = {
      W1: registration(server, WEB_CLIENT),
      W3: readings(
        rows.map(({ id }) => id),
        client.registration_access_token,
      ),
    };
  }

  async stop() {
    await this.server.stop();
    await this.connection.end();
    await this.databases.drop(this.database);
  }
}
