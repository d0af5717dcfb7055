/**
 * The package and the examples: that what `npm pack` makes is enough for somebody else's app, with no source, no bundler
 * and no other package than the CDK, and that the platform which such an app describes runs a job.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../lib/cli/run-command.ts';
import { setup } from '../../lib/cli/setup/setup.ts';
import type { MayflyConfig } from '../../lib/config/config.ts';
import { bundleHandlers } from '../../lib/constructs/basics/bundle.ts';
import { handlersFolder } from '../../lib/constructs/basics/files.ts';
import { functionNames } from '../../lib/contract/functions.ts';
import type { Laptop } from '../../lib/local/laptop.ts';
import type { LaptopSettings } from '../../lib/local/laptop-synthesis.ts';
import { recordingIo } from '../cli/support.ts';
import { configWith } from '../config/configurations.ts';
import { markedBlocks } from '../docs/markdown.ts';
import { startWorld, tierLabels } from '../e2e/support/world.ts';
import { nonEmpty } from '../support/non-empty.ts';
import {
  checkout,
  exampleNames,
  type InstalledPackage,
  installPackage,
  withoutCollection,
} from './installed-package.ts';

let installed: InstalledPackage;
beforeAll(() => {
  installed = installPackage();
});
afterAll(() => installed?.dispose());

const inApp = (...path: string[]) => join(installed.folder, ...path);
const packageFolder = (...path: string[]) => inApp('node_modules', 'mayfly', ...path);

/** Synthesizes as the CDK's CLI would: it runs the app and says where the assembly goes. */
function synthesize(file: string, outdir: string) {
  installed.node([file], { CDK_OUTDIR: outdir });
  return (stack: string) => JSON.parse(readFileSync(join(outdir, `${stack}.template.json`), 'utf8'));
}

/** What the compiler said of the examples. */
let compiled: string | undefined;

/**
 * Without any file of its own, all examples at once, each by its own settings: most of it is to read the CDK's types.
 * @throws Error with what the compiler says
 */
function compile(): string {
  const compiler = join(checkout, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [compiler, '--build', '--singleThreaded', ...exampleNames.map((name) => inApp(name))];
  compiled ??= installed.node(args, withoutCollection);
  return compiled;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

const namesOf = (template: { Resources: Record<string, Resource> }, type: string, name: string) =>
  Object.values(template.Resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties?.[name]);

describe('the package', () => {
  it('holds JavaScript, its types and what machines and functions run, and no sources', () => {
    const others = installed.packedFiles.filter((path) => !/^dist\/lib\/.+\.(js|d\.ts)$/.test(path));
    expect(others.sort()).toEqual(
      [
        'LICENSE',
        'README.md',
        'bin/mayfly.js',
        'package.json',
        ...functionNames.map((name) => `dist/lambdas/${name}/index.mjs`),
        ...others.filter((path) => path.startsWith('dist/images/')),
      ].sort(),
    );
    expect(others).toContain('dist/images/boot.sh');
  });

  it('asks for nothing but the CDK', () => {
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(packageFolder('package.json'), 'utf8'),
    );
    expect(dependencies).toBeUndefined();
    expect(Object.keys(peerDependencies)).toEqual(['aws-cdk-lib', 'constructs']);
    expect(existsSync(packageFolder('node_modules'))).toBe(false);
  });

  it('has the very functions that a checkout deploys', () => {
    for (const [name, text] of nonEmpty(bundleHandlers(handlersFolder, functionNames)))
      expect(readFileSync(packageFolder('dist', 'lambdas', name, 'index.mjs'), 'utf8') === text).toBe(true);
  });

  it('can be required by an app of CommonJS', () => {
    const file = inApp('app.cjs');
    writeFileSync(
      file,
      `const { App, Stack } = require('aws-cdk-lib');
      const { Mayfly } = require('mayfly');
      const app = new App();
      new Mayfly(new Stack(app, 'Old', { env: { region: 'us-east-1' } }), 'Runners', { environment: 'old' });`,
    );
    const template = synthesize(file, inApp('old.out'))('Old');
    expect(namesOf(template, 'AWS::DynamoDB::Table', 'TableName')).toContain('old-tenants');
  });

  it('says so where its commands do not run', () => {
    expect(() => installed.node([inApp('node_modules', '.bin', 'mayfly')])).toThrow(
      /in a checkout of Mayfly/,
    );
  });
});

describe('the lines of docs/CDK.md', () => {
  it('are an app, once they stand in a stack', () => {
    const [lines] = markedBlocks('docs/CDK.md', 'library');
    const [imports, body] = [/^import .+$/gm, /^(?!import ).*$/gm].map((part) =>
      lines!.match(part)!.join('\n'),
    );
    const file = inApp('in-your-own-app', 'lines.ts');
    writeFileSync(
      file,
      `import { App, Stack } from 'aws-cdk-lib';
      import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
      ${imports}
      class Lines extends Stack {
        constructor(scope: App) {
          super(scope, 'Lines', { env: { region: 'us-east-1' } });
          const report = new Role(this, 'Report', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
          ${body}
        }
      }
      new Lines(new App());`,
    );
    const template = synthesize(file, inApp('lines.out'))('Lines');
    expect(namesOf(template, 'AWS::SQS::Queue', 'QueueName')).toContain('acme-ci-small-builds');
    expect(exampleNames).toContain('in-your-own-app');
    expect(compile()).toBe('');
  });
});

describe('the examples', () => {
  it('have no fault that the compiler finds against the package', () => {
    expect(exampleNames).toEqual(['arm64-spot', 'in-your-own-app']);
    expect(compile()).toBe('');
  });
});

describe('the example of an app of your own', () => {
  it('synthesizes the platform, and a stack that reads its tenants and alarms one of its metrics', () => {
    const templateOf = synthesize(inApp('in-your-own-app', 'app.ts'), inApp('own.out'));

    const queues = namesOf(templateOf('CiPlatform'), 'AWS::SQS::Queue', 'QueueName');
    expect(queues).toEqual(expect.arrayContaining(['acme-ci-small-builds', 'acme-ci-large-builds']));
    const report = templateOf('CiTenantReport');
    expect(namesOf(report, 'AWS::CloudWatch::Alarm', 'MetricName')).toEqual(['QueuedToStartedMilliseconds']);
    expect(JSON.stringify(namesOf(report, 'AWS::IAM::Policy', 'PolicyDocument'))).toContain('dynamodb:Scan');
  });

  it('is a platform that is set up by its stack, and runs a job', async () => {
    const config = configWith({ environment: 'acme-ci' });
    const world = await startWorld({ config, withoutApp: true, synthesize: synthesizeForLaptop });
    try {
      await setUp(world.laptop, config);
      const acme = await world.install('acme');
      const jobId = world.queue(acme, tierLabels('small'));
      await world.untilCompleted([jobId]);
      await world.untilJob(acme, jobId, { state: 'done' });
      await world.untilRest();
      expect(world.trouble()).toEqual([]);
      expect(world.laptop.ec2.instances()).toHaveLength(1);
    } finally {
      await world.close();
    }
  });
});

/** As the example's README tells. */
async function setUp({ github, endpointUrl, operatorCredentials }: Laptop, config: MayflyConfig) {
  const key = inApp('app.pem');
  writeFileSync(key, github.privateKeyPem);
  const { io, printed } = recordingIo();
  const args = ['setup', '--stack', 'CiPlatform', '--app-id', String(github.appId), '--key', key];
  const status = await runCommand([setup], args, {
    config,
    io,
    environment: {
      AWS_ENDPOINT_URL: endpointUrl,
      AWS_ACCESS_KEY_ID: operatorCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: operatorCredentials.secretAccessKey,
    },
  });
  expect({ status, printed: printed() }).toMatchObject({ status: 0 });
}

/** The example's own stack, with the laptop's GitHub and EC2, and without what the CDK's CLI alone has a use for. */
function synthesizeForLaptop(settings: LaptopSettings, outdir: string) {
  const file = inApp('in-your-own-app', 'laptop.ts');
  writeFileSync(
    file,
    `import { App, DefaultStackSynthesizer } from 'aws-cdk-lib';
    import { PlatformStack } from './platform-stack.ts';
    const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false });
    const app = new App({ analyticsReporting: false, defaultStackSynthesizer: synthesizer });
    const runners = ${JSON.stringify(settings)};
    new PlatformStack(app, 'CiPlatform', { env: { region: 'us-east-1' }, runners });`,
  );
  synthesize(file, outdir);
}

describe('the example of Graviton on spot', () => {
  it('has two environments side by side, each with names and caps of its own', () => {
    const templateOf = synthesize(inApp('arm64-spot', 'app.ts'), inApp('spot.out'));

    for (const [stack, environment] of [
      ['RunnersStaging', 'staging'],
      ['RunnersProduction', 'production'],
    ] as const) {
      const tables: unknown[] = namesOf(templateOf(stack), 'AWS::DynamoDB::Table', 'TableName');
      expect(tables).toContain(`${environment}-tenants`);
    }
    expect(namesOf(templateOf('RunnersStaging'), 'AWS::CloudWatch::Alarm', 'AlarmName')).toEqual([]);
    expect(namesOf(templateOf('RunnersProduction'), 'AWS::SNS::Topic', 'TopicName')).toEqual([undefined]);
  });
});
