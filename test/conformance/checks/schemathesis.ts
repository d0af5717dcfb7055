/**
 * Schemathesis makes requests from the OpenAPI document of the admission API, right and wrong ones, and compares each answer
 * with the document: no 5xx, no status, type or body that is not in it. The API runs on stores in memory.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveAdmissionApi } from '../support/admission-api/serve.ts';
import { type Check, type Outcome, verdict } from '../support/check.ts';
import { runProgram } from '../support/run-program.ts';
import { pythonTools } from '../support/toolbox.ts';

/** What fits the document may still be refused: a tier that is not there, a rule that does not compile. */
const leftOut = 'positive_data_acceptance';

export const schemathesis: Check = {
  name: 'schemathesis',
  async run(tell): Promise<Outcome> {
    const command = join(await pythonTools(tell), 'schemathesis');
    const folder = mkdtempSync(join(tmpdir(), 'mayfly-schemathesis-'));
    const api = await serveAdmissionApi();
    try {
      const document = await (await fetch(`${api.url}/v1/openapi.json`)).json();
      const file = join(folder, 'openapi.json');
      writeFileSync(file, JSON.stringify(ofInstallation(document as OpenApi, api.installation)));
      tell('requests by the document');
      const args = ['run', file, '--url', api.url, '--header', `Authorization: Bearer ${api.token}`];
      const bounds = ['--max-examples', '20', '--seed', '1', '--exclude-checks', leftOut, '--no-color'];
      const { code, out, error } = await runProgram({
        command,
        args: [...args, ...bounds],
        folder,
        seconds: 900,
      });
      const figures = /\d+ generated, .*/.exec(out)?.[0] ?? 'no test cases';
      const findings = out.split('\n').filter((line) => /^- ST\d+|^\s+- ST\d+|❌ ST\d+/.test(line));
      return verdict(figures, code === 0 ? [] : findings.length > 0 ? findings : [error || out]);
    } finally {
      await api.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

interface OpenApi {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { parameters?: { name: string; schema: unknown }[] }>>>
  >;
}

/** With a token of one installation all others are a 401, which would be nearly every request. */
function ofInstallation(document: OpenApi, installation: number): OpenApi {
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  for (const { parameters = [] } of operations) {
    for (const parameter of parameters) {
      if (parameter.name === 'installation')
        parameter.schema = { type: 'string', enum: [String(installation)] };
    }
  }
  return document;
}
