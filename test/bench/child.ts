/** Runs a script of this folder as a separate process, with this same node, and never leaves it behind. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Child {
  /** The next message that it sends. @throws Error if it ends without one, or takes too long */
  next<Message>(): Promise<Message>;
  send(message: object): void;
  end(): Promise<void>;
}

export interface ChildSettings {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Node's own. */
  readonly options?: readonly string[];
}

export function startChild(script: string, { args = [], env = {}, options = [] }: ChildSettings = {}): Child {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = fork(path, args, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    execArgv: ['--disable-warning=ExperimentalWarning', ...options],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    send: (message) => void child.send(message),
    next: <Message>() => nextMessage<Message>(child, script),
    async end() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

const messageSeconds = 60;

function nextMessage<Message>(child: ChildProcess, script: string): Promise<Message> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => done(() => reject(new Error(`${script} said nothing for ${messageSeconds} s.`))),
      messageSeconds * 1000,
    );
    const heard = (message: unknown) => done(() => resolve(message as Message));
    const ended = (code: number | null) =>
      done(() => reject(new Error(`${script} ended with ${code} before it had said anything.`)));
    const done = (settle: () => void) => {
      clearTimeout(timer);
      child.off('message', heard).off('exit', ended);
      settle();
    };
    child.once('message', heard).once('exit', ended);
  });
}
