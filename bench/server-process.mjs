// A server as a process of its own, from the driver's side.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onServerCore } from './machine.mjs';

const PROGRAM = fileURLToPath(new URL('server.mjs', import.meta.url));

export class ServerProcess {
  #process;
  #failure;

  /**
   * Starts a server, and waits until it accepts connections.
   * @param target one of `targets.mjs`
   * @param database where its tables are
   * @param prepare whether it makes them first
   */
  static async start(target, database, { prepare = true } = {}) {
    const server = new ServerProcess(target, database, prepare);
    server.port = (await server.#answer()).port;
    return server;
  }

  constructor(target, database, prepare) {
    this.target = target;
    const settings = { database, prepare, ...target.settings };
    this.#process = fork(PROGRAM, [target.module, JSON.stringify(settings)], {
      ...onServerCore(),
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#failure = once(this.#process, 'exit').then(([code, signal]) => {
      throw new Error(`the server ${target.name} has ended: ${code ?? signal}`);
    });
    // It is looked at with the next answer.
    this.#failure.catch(() => {});
  }

  /** What its process has used: microseconds of CPU time, and bytes of resident memory. */
  async usage() {
    return this.#ask('usage');
  }

  /** Bytes of the objects of V8 after a garbage collection. */
  async liveHeap() {
    return (await this.#ask('liveHeap')).bytes;
  }

  /** Removes all clients. */
  async empty() {
    await this.#ask('empty');
  }

  async startProfile() {
    await this.#ask('startProfile');
  }

  /** @returns what the profiler of V8 has seen since `startProfile` */
  async stopProfile() {
    return this.#ask('stopProfile');
  }

  async request(path, options) {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, options);
    const text = await response.text();
    return { status: response.status, text };
  }

  /** Sends one request of `requests.mjs`, and returns the JSON of its answer. */
  async send({ path, method, headers, body, status }) {
    const answer = await this.request(path, { method, headers, body });
    if (answer.status !== status) {
      throw new Error(`${this.target.name} answered ${answer.status} instead of ${status}: ${answer.text}`);
    }
    return JSON.parse(answer.text);
  }

  async stop() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  async #ask(question) {
    this.#process.send(question);
    return this.#answer();
  }

  /** Questions are asked one after the other, so that the next message is the answer. */
  async #answer() {
    const [message] = await Promise.race([once(this.#process, 'message'), this.#failure]);
    if (message.error) throw new Error(`${this.target.name}: ${message.error}`);
    return message;
  }
}
