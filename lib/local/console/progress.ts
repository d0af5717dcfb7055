/**
 * Shows the steps of something that takes seconds, each with its duration, so that nobody wonders whether it hangs. A
 * terminal also shows the current step, and replaces it when it is done.
 */
import { styleText } from 'node:util';

export interface Progress {
  /** The previous step is done, and this one begins. */
  step(text: string): void;
  /** The last step is done. */
  done(text: string): void;
  /** The current step failed; the error gets a line of its own. */
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
