/**
 * Adds up what the suites printed on the outer machine's console. Nothing counts as passed but what a suite's own last
 * line says; a suite that printed none, or that did not end, is a failure.
 */
export class Tally {
  #open;
  #ended = new Map();
  #count = { passed: 0, failed: 0, skipped: 0 };

  /** @param {string} line */
  read(line) {
    const [, name] = /^lab: suite (\S+) begins$/.exec(line) ?? [];
    if (name !== undefined) this.#open = { name, counts: undefined };
    const [, passed, failed, skipped] = /^Tests: (\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line) ?? [];
    if (skipped !== undefined && this.#open !== undefined)
      this.#open.counts = { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
    const [, ended, status] = /^lab: suite (\S+) ended with (\d+)$/.exec(line) ?? [];
    if (ended !== undefined && ended === this.#open?.name) this.#close(Number(status));
  }

  #close(status) {
    const { name, counts } = this.#open;
    this.#open = undefined;
    if (counts === undefined) return;
    // A run that fails outside its tests counts none of them as failed.
    if (status !== 0 && counts.failed === 0) counts.failed = 1;
    this.#ended.set(name, counts);
  }

  /** @param {readonly string[]} expected names of the suites that were to run */
  total(expected) {
    const total = {
      ...this.#count,
      missing: expected.filter((name) => !(this.#ended.get(name)?.passed > 0)),
    };
    for (const counts of this.#ended.values())
      for (const kind of Object.keys(counts)) total[kind] += counts[kind];
    total.failed += total.missing.length;
    return total;
  }
}
