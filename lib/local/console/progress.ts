/**
 * Shows the steps of something that takes seconds, each with the time it took, so that nobody wonders whether it hangs.
 * On a terminal the step under way is shown too, and replaced when it is done.
 */
import { styleText } from 'node:util';

export interface Progress {
  /** The step before is done, and this one begins. */
  step(text: string): void;
  /** The last step is done. */
  done(text: string): void;
  /** The step under way did not work; the error comes on a line of its own. */
  failed(): void;
}

export function showProgress(out: NodeJS.WriteStream = process.stderr): Progress {
  const startedAt = Date.now();
  let current: { text: string; at: number } | undefined;
  const clearLine = () => (out.isTTY ? out.write('\r\x1b[2K') : false);
  const finish = () => {
    if (!current) return;
    clearLine();
    out.write(`  ${styleText('green', '✓')} ${current.text} ${dim(seconds(Date.now() - current.at))}\n`);
    current = undefined;
  };
  return {
    step(text) {
      finish();
      current = { text, at: Date.now() };
      if (out.isTTY) out.write(`  … ${text}`);
    },
    failed() {
      if (!current) return;
      clearLine();
      out.write(`  ${styleText('red', '✗')} ${current.text}\n`);
      current = undefined;
    },
    done(text) {
      finish();
      out.write(
        `  ${styleText('green', '✓')} ${styleText('bold', text)} ${dim(`in ${seconds(Date.now() - startedAt)}`)}\n`,
      );
    },
  };
}

const dim = (text: string) => styleText('dim', text);
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
