/** `npm run iam`: writes docs/IAM.md anew, as its test wants it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createCommandLine, exitStatus, runScript } from '../../lib/cli/command-line.ts';

await runScript(
  createCommandLine({
    name: 'npm run iam --',
    description: 'Writes docs/IAM.md from the templates and the code.',
  })
    .option('--check', 'write nothing; say whether docs/IAM.md is up to date')
    .addHelpText('after', exitStatus('with --check: docs/IAM.md is not up to date'))
    .action(run),
);

async function run({ check }: { check?: true }): Promise<void> {
  const { documentPath, freshDocument } = await import('./fresh-document.ts');
  const text = freshDocument();
  if (!check) {
    writeFileSync(documentPath, text);
    process.stdout.write(`Wrote ${documentPath}\n`);
    return;
  }
  const isCurrent = readFileSync(documentPath, 'utf8') === text;
  process.stdout.write(
    isCurrent ? 'docs/IAM.md is up to date.\n' : 'docs/IAM.md is not up to date: npm run iam\n',
  );
  process.exitCode = isCurrent ? 0 : 1;
}
