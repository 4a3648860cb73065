/** How often a line is written anew, in milliseconds. */
const PAUSE_MS = 100;

/** Shows on a terminal how far a long piece of work is, in one line that changes; quiet in a pipe. */
export class Progress {
  private shownAt = 0;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  show(text: string): void {
    const now = Date.now();
    if (!this.stream.isTTY || now - this.shownAt < PAUSE_MS) return;
    this.shownAt = now;
    this.replace(text);
  }

  /** Takes the line away, so that another one can be written. */
  clear(): void {
    if (this.stream.isTTY && this.shownAt > 0) this.replace('');
  }

  private replace(text: string): void {
    this.stream.write(`\r\u001B[K${text}`);
  }
}
