import type { Adapter, AdapterPayload } from 'oidc-provider';

/** Keeps what an `oidc-provider` stores of one model while the test runs: what a host has a table for. */
export class MemoryAdapter implements Adapter {
  private readonly payloads = new Map<string, AdapterPayload>();

  constructor(readonly model: string) {}

  async upsert(id: string, payload: AdapterPayload): Promise<undefined> {
    this.payloads.set(id, payload);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return this.payloads.get(id);
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return [...this.payloads.values()].find((payload) => payload.uid === uid);
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return [...this.payloads.values()].find((payload) => payload.userCode === userCode);
  }

  async consume(id: string): Promise<undefined> {
    const payload = this.payloads.get(id);
    if (payload) this.payloads.set(id, { ...payload, consumed: Math.floor(Date.now() / 1000) });
  }

  async destroy(id: string): Promise<undefined> {
    this.payloads.delete(id);
  }

  async revokeByGrantId(grantId: string): Promise<undefined> {
    for (const [id, payload] of this.payloads) if (payload.grantId === grantId) this.payloads.delete(id);
  }
}
