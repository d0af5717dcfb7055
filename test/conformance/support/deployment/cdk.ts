/** The CDK's own CLI, as an operator starts it, against a stand-in's endpoint. Nothing of it is written outside of one folder. */
import { dirname, join } from 'node:path';
import { type Ended, runProgram } from '../run-program.ts';
import { repository } from '../toolbox.ts';

export interface Cdk {
  /** The folder of the cloud assembly. */
  readonly assembly: string;
  /** @throws Error with what the CLI said, where it did not succeed */
  run(...args: string[]): Promise<Ended>;
}

export function createCdk(options: { endpoint: string; folder: string; appArguments: string[] }): Cdk {
  const { endpoint, folder, appArguments } = options;
  const assembly = join(folder, 'cdk.out');
  // The CLI starts it with a shell in the repository's folder, so no path here may need quotes.
  const app = ['node', 'test/conformance/support/deployment/deployed-app.ts', ...appArguments].join(' ');
  return {
    assembly,
    async run(...args) {
      const ended = await runProgram({
        command: process.execPath,
        args: [join(repository, 'node_modules', '.bin', 'cdk'), ...args, '--app', app, '--output', assembly],
        seconds: 900,
        folder: repository,
        variables: {
          PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
          AWS_ENDPOINT_URL: endpoint,
          CDK_HOME: folder,
          CDK_DISABLE_CLI_TELEMETRY: 'true',
          CI: '1',
        },
      });
      if (ended.code === 0) return ended;
      throw new Error(`cdk ${args.join(' ')} ended with ${ended.code}:\n${failuresIn(ended)}`);
    },
  };
}

/** The CLI prints hundreds of lines of progress; these say what went wrong. */
function failuresIn({ out, error }: Ended): string {
  const lines = `${out}\n${error}`.split('\n').filter((line) => /FAILED|❌|Error/.test(line));
  return lines.join('\n').slice(-3000) || error.slice(-3000);
}
