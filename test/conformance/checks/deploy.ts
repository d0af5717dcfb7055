/**
 * The CDK's own CLI bootstraps and deploys every stack into ministack, an independent imitation of AWS; then signed webhooks
 * go through the deployed functions, until a tenant, a message and a machine are there. What ministack drops of a template
 * is found by comparison, and must be written in stand-in-gaps.ts.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitHub } from '../../../lib/local/github/start-github.ts';
import { type Check, type Outcome, type Tell, verdict } from '../support/check.ts';
import { createCdk } from '../support/deployment/cdk.ts';
import { compareWithTemplates } from '../support/deployment/compare.ts';
import { deployedConfig } from '../support/deployment/deployed-config.ts';
import { drive } from '../support/deployment/drive.ts';
import { startMinistack } from '../support/deployment/ministack.ts';
import { probeGaps } from '../support/deployment/probe-gaps.ts';
import { dropped, leftOut } from '../support/deployment/stand-in-gaps.ts';
import type { Ended } from '../support/run-program.ts';
import { pythonTools } from '../support/toolbox.ts';

export const deploy: Check = {
  name: 'deploy',
  async run(tell): Promise<Outcome> {
    const programs = await pythonTools(tell);
    const folder = mkdtempSync(join(tmpdir(), 'mayfly-deploy-'));
    try {
      return await inStandIns(programs, folder, tell);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

async function inStandIns(programs: string, folder: string, tell: Tell): Promise<Outcome> {
  const github = await startGitHub();
  try {
    const ministack = await startMinistack(programs, folder);
    try {
      return await deployAndDrive({ endpoint: ministack.address, github, folder, tell });
    } catch (cause) {
      const troubles = ministack.said().split('\n').filter(isTrouble).slice(-20);
      throw new Error(`${cause instanceof Error ? cause.message : cause}\n${troubles.join('\n')}`, { cause });
    } finally {
      await ministack.stop();
    }
  } finally {
    await github.stop();
  }
}

const isTrouble = (line: string) => /WARNING|ERROR|"level":"(?:error|warn)"|failures/.test(line);

async function deployAndDrive(parts: {
  endpoint: string;
  github: Awaited<ReturnType<typeof startGitHub>>;
  folder: string;
  tell: Tell;
}): Promise<Outcome> {
  const { endpoint, github, folder, tell } = parts;
  const config = deployedConfig(github.url);
  const cdk = createCdk({ endpoint, folder, appArguments: [github.url] });
  tell('cdk bootstrap');
  await cdk.run('bootstrap', `aws://000000000000/${config.region}`);
  tell('cdk deploy --all');
  await cdk.run('deploy', '--all', '--require-approval', 'never');
  tell('what was deployed is held against the templates');
  const { resources, compared, findings } = await compareWithTemplates(endpoint, cdk.assembly);
  tell('cdk deploy --all again');
  const again = await cdk.run('deploy', '--all', '--require-approval', 'never');
  const figures =
    `${resources} resources deployed, ${compared} of them compared with their templates, ` +
    `${leftOut.length + dropped.length} gaps of ministack`;
  return verdict(figures, [
    ...findings,
    ...changesOf(again, cdk.assembly),
    ...(await probeGaps(endpoint)),
    ...(await drive({ endpoint, config, github, folder, tell })),
  ]);
}

/** The same sources must give the same templates and bundles, or each deploy would restart every function. */
function changesOf({ out, error }: Ended, assembly: string): string[] {
  const unchanged = `${out}\n${error}`.match(/^.*\(no changes\)$/gm) ?? [];
  const stacks = readdirSync(assembly).filter((file) => file.endsWith('.template.json'));
  if (unchanged.length === stacks.length) return [];
  return [
    `a second deploy changes ${stacks.length - unchanged.length} of ${stacks.length} stacks; unchanged are: ${unchanged}`,
  ];
}
