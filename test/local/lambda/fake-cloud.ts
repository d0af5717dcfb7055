/**
 * A world for tests of the template loader and the function host: real processes, URLs and rules, with queues and
 * tables in memory. It records what was created.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyRegistry } from '../../../lib/local/aws/keys.ts';
import type { PolicyDocument } from '../../../lib/local/aws/service.ts';
import { EventBus } from '../../../lib/local/lambda/event-bus.ts';
import { FunctionHost } from '../../../lib/local/lambda/function-host.ts';
import type { ReceivedMessage } from '../../../lib/local/lambda/sqs-event.ts';
import type { Cloud } from '../../../lib/local/template/cloud.ts';
import { PolicyRegistry } from '../../../lib/local/template/policy-registry.ts';

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Visible, invisible and deleted messages; `returnAll` ends every visibility timeout. */
export class FakeQueues {
  readonly visible = new Map<string, ReceivedMessage[]>();
  readonly hidden: { arn: string; message: ReceivedMessage }[] = [];
  readonly created: { name: string; attributes: Readonly<Record<string, string>> }[] = [];
  #sent = 0;

  async create(queue: { name: string; attributes: Readonly<Record<string, string>> }) {
    this.created.push(queue);
    return { url: `http://127.0.0.1:1/000000000000/${queue.name}` };
  }
  setPolicy() {}
  visibilitySeconds(arn: string) {
    const queue = this.created.find(({ name }) => arn.endsWith(`:${name}`));
    return Number(queue?.attributes['VisibilityTimeout'] ?? 30);
  }
  async sendFromRule(arn: string, { body }: { body: string }) {
    await this.send(arn, { body });
  }
  async send(arn: string, { body }: { body: string }) {
    this.#sent += 1;
    const message = { messageId: `m${this.#sent}`, receiptHandle: `r${this.#sent}`, body, attributes: {} };
    this.visible.set(arn, [...(this.visible.get(arn) ?? []), message]);
  }
  async receive(arn: string, options: { max: number; waitSeconds: number; signal: AbortSignal }) {
    const deadline = Date.now() + options.waitSeconds * 1000;
    while (!options.signal.aborted) {
      const taken = (this.visible.get(arn) ?? []).splice(0, options.max);
      this.hidden.push(...taken.map((message) => ({ arn, message })));
      if (taken.length > 0 || Date.now() >= deadline) return taken;
      await pause(5);
    }
    return [];
  }
  async delete(_arn: string, receiptHandles: readonly string[]) {
    for (const handle of receiptHandles) {
      const index = this.hidden.findIndex(({ message }) => message.receiptHandle === handle);
      if (index >= 0) this.hidden.splice(index, 1);
    }
  }
  returnAll() {
    for (const { arn, message } of this.hidden.splice(0)) this.visible.get(arn)?.push(message);
  }
}

export function givenCloud(options: { concurrency?: number; idleMilliseconds?: number } = {}) {
  const queues = new FakeQueues();
  const lines: string[] = [];
  const faults: string[] = [];
  const tables: unknown[] = [];
  const principals: { name: string; policies: readonly PolicyDocument[] }[] = [];
  const closers: (() => Promise<void>)[] = [];
  const onFault = (where: string, error: unknown) => faults.push(`${where}: ${String(error)}`);
  const functions = new FunctionHost({
    region: 'us-east-1',
    endpointUrl: 'http://127.0.0.1:1',
    retryDelaysMilliseconds: [20, 20],
    onLine: ({ text }) => lines.push(text),
    ...options,
  });
  const events = new EventBus({
    region: 'us-east-1',
    accountId: '000000000000',
    onFault: (error, rule) => onFault(rule, error),
  });
  const cloud: Cloud = {
    region: 'us-east-1',
    accountId: '000000000000',
    availabilityZones: ['us-east-1a', 'us-east-1b'],
    policies: new PolicyRegistry(),
    managedPolicies: {},
    keys: new KeyRegistry(),
    functions,
    events,
    queues,
    tables: {
      create: async (input, timeToLive) => void tables.push({ ...input, timeToLive }),
      setPolicy: () => undefined,
    },
    secrets: {
      create: async ({ name }) => ({ arn: `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}` }),
    },
    createLogGroup: () => {},
    addEventSourceMapping: () => {},
    buckets: { create: () => {}, setPolicy: () => {} },
    machines: {
      addSubnet: () => {},
      addParameter: () => {},
      associateRouteTable: () => {},
      addGatewayEndpoint: () => {},
      addLaunchTemplate: () => {},
      addInstanceProfile: () => 'arn:profile',
    },
    addPrincipal(principal) {
      principals.push(principal);
      return { accessKeyId: `KEY${principals.length}`, secretAccessKey: 'secret' };
    },
    urls: { portFor: () => 0, tap: async () => {} },
    onFault,
    onClose: (close) => closers.unshift(close),
  };
  const close = async () => {
    events.close();
    await functions.close();
    for (const closer of closers) await closer();
  };
  return { cloud, queues, lines, faults, tables, principals, close };
}

/** A folder with a function's bundle, and a way to remove it. */
export function givenBundle(source: string, folder = mkdtempSync(join(tmpdir(), 'mayfly-bundle-'))) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.mjs'), source);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Only ends what hangs: a busy machine may take many times longer than an idle one. */
export async function eventually(holds: () => boolean, milliseconds = 240_000): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`Still not so after ${milliseconds} ms: ${holds}`);
    await pause(10);
  }
}
