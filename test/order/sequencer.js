import Sequencer from '@jest/test-sequencer';
import { longestFirst } from './longest-first.ts';

/** Jest's own order, but that the longest suites start first. It is JavaScript, since the package's types are CommonJS's. */
export default class LongestFirst extends Sequencer {
  async sort(tests) {
    return longestFirst(await super.sort(tests));
  }
}
