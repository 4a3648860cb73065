// oidc-provider with registration and its management, and an adapter that keeps rows in PostgreSQL as the examples of its documentation do.
import { exportJWK, generateKeyPair } from 'jose';
import { once } from 'node:events';
import { Provider } from 'oidc-provider';
import pg from 'pg';
import { SCOPES } from '../requests.mjs';

const TABLE = `CREATE TABLE oidc_payloads (
  id varchar NOT NULL,
  type varchar NOT NULL,
  payload jsonb NOT NULL,
  grant_id varchar,
  user_code varchar,
  uid varchar,
  expires_at timestamptz,
  consumed_at timestamptz,
  PRIMARY KEY (id, type)
)`;

function adapterFor(pool) {
  return class PostgresAdapter {
    constructor(type) {
      this.type = type;
    }

    async upsert(id, payload, expiresIn) {
      const expiresAt = expiresIn ? new Date(Date.now() + expiresIn * 1000) : null;
      const { grantId = null, userCode = null, uid = null } = payload;
      await pool.query(
        `INSERT INTO oidc_payloads (id, type, payload, grant_id, user_code, uid, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (id, type) DO UPDATE SET payload = $3, grant_id = $4, user_code = $5, uid = $6, expires_at = $7`,
        [id, this.type, JSON.stringify(payload), grantId, userCode, uid, expiresAt],
      );
    }

    async find(id) {
      return this.findBy('id', id);
    }

    async findByUid(uid) {
      return this.findBy('uid', uid);
    }

    async findByUserCode(userCode) {
      return this.findBy('user_code', userCode);
    }

    async findBy(column, value) {
      const text = `SELECT payload, expires_at, consumed_at FROM oidc_payloads WHERE ${column} = $1 AND type = $2`;
      const { rows } = await pool.query(text, [value, this.type]);
      const [row] = rows;
      if (!row || (row.expires_at && row.expires_at < new Date())) return undefined;
      return { ...row.payload, ...(row.consumed_at && { consumed: true }) };
    }

    async destroy(id) {
      await pool.query('DELETE FROM oidc_payloads WHERE id = $1 AND type = $2', [id, this.type]);
    }

    async consume(id) {
      await pool.query('UPDATE oidc_payloads SET consumed_at = now() WHERE id = $1 AND type = $2', [id, this.type]);
    }

    async revokeByGrantId(grantId) {
      await pool.query('DELETE FROM oidc_payloads WHERE grant_id = $1', [grantId]);
    }
  };
}

export async function start({ database, prepare }) {
  const pool = new pg.Pool({ connectionString: database.url, max: 10 });
  if (prepare) await pool.query(TABLE);
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const provider = new Provider('http://localhost:3000', {
    adapter: adapterFor(pool),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
    cookies: { keys: ['benchmark'] },
    scopes: SCOPES,
    claims: { profile: ['name'], email: ['email'] },
    routes: { registration: '/register' },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      registrationManagement: { enabled: true },
    },
  });
  const server = provider.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: server.address().port, empty: async () => pool.query('TRUNCATE oidc_payloads') };
}
