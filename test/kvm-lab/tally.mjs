/**
 * Adds up what the suites printed on the outer machine's console, each line of theirs as `NAME| LINE`. Nothing counts as
 * passed but what a suite's own last line says; a suite that printed none, or that did not end, is a failure.
 */
export class Tally {
  #counts = new Map();
  #ended = new Map();

  /** @param {string} line */
  read(line) {
    const [, name, passed, failed, skipped] =
      /^(\S+)\| Tests: (\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line) ?? [];
    if (name !== undefined)
      this.#counts.set(name, { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) });
    const [, ended, status] = /^lab: suite (\S+) ended with (\d+)$/.exec(line) ?? [];
    if (ended !== undefined) this.#end(ended, Number(status));
  }

  #end(name, status) {
    const counts = this.#counts.get(name);
    if (counts === undefined) return;
    // A run that fails outside its tests counts none of them as failed.
    if (status !== 0 && counts.failed === 0) counts.failed = 1;
    this.#ended.set(name, counts);
  }

  /**
   * @param {readonly string[]} expected names of suites
   * @returns {string[]} those that did not come to their end, or in which something failed
   */
  unpassed(expected) {
    return expected.filter((name) => this.total([name]).failed > 0);
  }

  /** Of a suite that ran twice, the last end counts. @param {readonly string[]} expected names of the suites that were to run */
  total(expected) {
    const missing = expected.filter((name) => !(this.#ended.get(name)?.passed > 0));
    const total = { passed: 0, failed: missing.length, skipped: 0, missing };
    for (const name of expected)
      for (const [kind, count] of Object.entries(this.#ended.get(name) ?? {})) total[kind] += count;
    return total;
  }
}
