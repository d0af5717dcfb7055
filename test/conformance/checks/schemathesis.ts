/**
 * Schemathesis makes requests from the OpenAPI document of the admission API, right and wrong ones, and compares each answer
 * with the document: no 5xx, no status, type or body that is not in it. It calls as an administrator, and as a controller that
 * polls. The API runs on stores in memory.
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
      const { installation, questions } = api;
      const known = withValues(document as OpenApi, {
        installation: [String(installation)],
        question: questions,
      });
      writeFileSync(join(folder, 'openapi.json'), JSON.stringify(known));
      const callers = [
        { who: 'tenant administrator', token: api.token, examples: 20, only: [] },
        {
          who: 'controller',
          token: api.controllerToken,
          examples: 100,
          only: ['--include-path-regex', '/questions'],
        },
      ];
      const outcomes: Ran[] = [];
      for (const caller of callers) {
        tell(`requests of ${caller.who}s by the document`);
        outcomes.push(await runAs(caller, { command, folder, url: api.url }));
      }
      const figures = outcomes.map((ran, n) => `${ran.requests} requests of a ${callers[n]!.who}`).join(', ');
      return verdict(
        figures,
        outcomes.flatMap(({ findings }) => findings),
      );
    } finally {
      await api.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

interface Caller {
  readonly token: string;
  readonly examples: number;
  readonly only: readonly string[];
}

interface Ran {
  readonly requests: number;
  readonly findings: readonly string[];
}

async function runAs(
  { token, examples, only }: Caller,
  { command, folder, url }: { command: string; folder: string; url: string },
): Promise<Ran> {
  const args = [
    'run',
    join(folder, 'openapi.json'),
    '--url',
    url,
    '--header',
    `Authorization: Bearer ${token}`,
  ];
  const bounds = [
    '--max-examples',
    String(examples),
    '--seed',
    '1',
    '--exclude-checks',
    leftOut,
    '--no-color',
  ];
  const given = { command, args: [...args, ...only, ...bounds], folder, seconds: 900 };
  const { code, out, error } = await runProgram(given);
  const requests = Number(/(\d+) generated, /.exec(out)?.[1] ?? 0);
  if (code === 0 && requests > 0) return { requests, findings: [] };
  const findings = out.split('\n').filter((line) => /^- ST\d+|^\s+- ST\d+|❌ ST\d+/.test(line));
  return { requests, findings: findings.length > 0 ? findings : [error || out] };
}

interface OpenApi {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { parameters?: { name: string; schema: unknown }[] }>>>
  >;
}

/**
 * With a token of one installation all others are a 401, and questions that nobody asked are a 404, which would be nearly
 * every request.
 */
function withValues(document: OpenApi, values: Readonly<Record<string, readonly string[]>>): OpenApi {
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  for (const { parameters = [] } of operations) {
    for (const parameter of parameters) {
      const known = values[parameter.name];
      if (known) parameter.schema = { type: 'string', enum: known };
    }
  }
  return document;
}
