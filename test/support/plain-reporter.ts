import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Ends the output of a run with `N passed, N failed`, and `, N skipped` when tests were skipped. */
export default class PlainReporter implements Reporter {
  // What a run that never gets to its tests ends with: its global setup failed, or there are none.
  private closingLine = '0 passed, 1 failed';

  onInit(): void {
    // At exit, since the coverage report and its thresholds are printed after the last hook of a reporter.
    process.once('exit', () => process.stdout.write(`${this.closingLine}\n`));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    if (modules.length === 0) return;
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      // A file that does not load and a hook that throws fail as well, although no test of theirs does.
      counts.failed += module.errors().length;
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === 'pending' ? 'skipped' : state] += 1;
      }
    }
    this.closingLine = `${counts.passed} passed, ${counts.failed} failed`;
    if (counts.skipped > 0) this.closingLine += `, ${counts.skipped} skipped`;
  }
}
