/**
 * A program of its own: synthesizes one configuration under the CDK's validation and cdk-nag, and prints what they found as
 * JSON. The output folder is the CDK's own choice, because with another one the CDK validates nothing.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Validations } from 'aws-cdk-lib/core';
import { createApp } from '../../../lib/stacks/synthesize.ts';
import { configurations } from './configurations.ts';

const [name = '', packages = ''] = process.argv.slice(2);
const config = configurations[name];
if (!config) throw new Error(`There is no configuration ${name}; there are ${Object.keys(configurations)}.`);

const app = createApp(config);
const nag = await import(pathToFileURL(join(packages, 'cdk-nag', 'lib', 'index.js')).href);
Validations.of(app).addPlugins(new nag.AwsSolutionsChecks(app));
let failure: string | undefined;
try {
  app.synth();
} catch (cause) {
  failure = String(cause);
}
const report = JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8'));
rmSync(app.outdir, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify({ failure, report })}\n`);
