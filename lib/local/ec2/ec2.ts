/**
 * The laptop's EC2: answers the platform's calls as EC2 does, and boots launched machines as processes that run the real
 * boot script. Everything that it starts ends with `close`. It does not check who may call.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AwsAnswer, type AwsCall, AwsError, type AwsService } from '../aws/service.ts';
import {
  type Ec2Account,
  findInstances,
  type GatewayEndpoint,
  type Instance,
  isVisible,
  type LaunchTemplate,
  type Subnet,
  s3EndpointOf,
} from './account.ts';
import { type Calls, createCalls } from './calls.ts';
import {
  defineInstanceProfile,
  defineLaunchTemplate,
  defineSubnet,
  type TemplateDefinition,
} from './definitions.ts';
import { defaultDials, type Ec2Dials, turnDials } from './dials.ts';
import { type Form, readForm } from './form.ts';
import { createIdentitySigner, type IdentitySigner } from './identity.ts';
import { createMachines } from './machines.ts';
import { ec2Questions } from './questions.ts';
import { createToolbox } from './toolbox.ts';
import { xmlAnswer } from './xml.ts';

/** The `detail` of EventBridge's "EC2 Instance State-change Notification". */
export interface StateChange {
  readonly 'instance-id': string;
  readonly state: string;
}

/** The `detail` of EventBridge's "EC2 Spot Instance Interruption Warning". */
export interface SpotWarning {
  readonly 'instance-id': string;
  readonly 'instance-action': 'terminate';
}

export type Ec2Event =
  | { readonly kind: 'state'; readonly instanceId: string; readonly state: string }
  /** What a machine printed: untrusted text, in arbitrary pieces. */
  | { readonly kind: 'console'; readonly instanceId: string; readonly text: string };

export interface Ec2Options {
  readonly region: string;
  readonly accountId: string;
  /** It creates a folder of its own in it, which `close` removes. */
  readonly workDirectory: string;
  readonly onEvent?: (event: Ec2Event) => void;
  /** From pending to running; also a dial. */
  readonly bootMilliseconds?: number;
  /**
   * Where the runner program is; by default its stand-in, as if it were part of the image. `stock`: machines do not have
   * it, and each installs its own.
   */
  readonly runnerHome?: string | 'stock';
  /** S3's address, for machines. Default: they cannot reach it. */
  readonly s3Url?: () => string;
  /** Where to look for machines' tools; by default this process's PATH. */
  readonly toolSearchPath?: string;
}

export interface Ec2StandIn extends AwsService {
  /** Verifies the identity documents of this stand-in's machines. */
  readonly identityCertificatePem: string;
  /** A new template, or a new version of the one with this name. @throws Error that names an unsupported property */
  defineLaunchTemplate(template: TemplateDefinition): LaunchTemplate;
  /** Returns its ARN. */
  defineInstanceProfile(profile: { name: string; role: string }): string;
  defineSubnet(subnet: Partial<Subnet> & { readonly availabilityZone: string }): Subnet;
  /** A parameter of this account; parameters of the type `aws:ec2:image` hold images. */
  defineParameter(parameter: { name: string; dataType: string }): void;
  associateRouteTable(subnetId: string, routeTableId: string): void;
  addGatewayEndpoint(endpoint: GatewayEndpoint): void;
  /** Sets the named dials, and returns all. @throws Error that says what is allowed */
  setDials(change: unknown): Ec2Dials;
  /** EC2 takes a spot machine back, without the two minutes of notice. @throws AwsError if it cannot */
  interruptSpot(instanceId: string): void;
  /** The notice of two minutes: in the machine's metadata, and as an event. @throws AwsError as `interruptSpot` */
  warnSpot(instanceId: string): void;
  /** Listens to the notices. Returns a function that stops listening. */
  onSpotWarning(listener: (warning: SpotWarning) => void): () => void;
  /** Returns a function that stops listening. */
  onStateChange(listener: (change: StateChange) => void): () => void;
  /** Every instance that was ever launched here. */
  instances(): readonly Instance[];
  /** Kills every machine, waits until they are gone, and removes the folder. */
  close(): Promise<void>;
}

/**
 * One for all stand-ins of this process, which have nothing else in common: generating a key takes 0.05 s of
 * processor time.
 */
let signer: IdentitySigner | undefined;

export function createEc2(options: Ec2Options): Ec2StandIn {
  mkdirSync(options.workDirectory, { recursive: true });
  const folder = mkdtempSync(join(options.workDirectory, 'ec2-'));
  const account = newAccount(options);
  let dials = turnDials(
    defaultDials,
    options.bootMilliseconds === undefined ? {} : { bootMilliseconds: options.bootMilliseconds },
  );
  const listeners = new Set<(change: StateChange) => void>();
  const warned = new Set<(warning: SpotWarning) => void>();
  signer ??= createIdentitySigner(new Date());
  const machines = createMachines({
    account,
    dials: () => dials,
    signer,
    toolbox: createToolbox(join(folder, 'bin'), options.toolSearchPath),
    folder,
    runnerHome: options.runnerHome === 'stock' ? undefined : (options.runnerHome ?? toyRunner),
    s3Url: ({ subnet }) => {
      const endpoint = s3EndpointOf(account, subnet.subnetId);
      const url = options.s3Url?.();
      return url === undefined || !endpoint ? url : `${url}/_vpce/${endpoint.id}`;
    },
    onState: ({ instanceId, state }) => {
      // As from an event bus: after the answer to the call that caused it.
      setImmediate(() => {
        options.onEvent?.({ kind: 'state', instanceId, state });
        for (const listener of listeners) listener({ 'instance-id': instanceId, state });
      });
    },
    onConsole: ({ instanceId }, text) => options.onEvent?.({ kind: 'console', instanceId, text }),
  });
  // Machines run in sessions of their own, so whatever ends this process must end them first.
  const closeNow = () => void machines.close();
  process.once('exit', closeNow);

  const isShown = (instance: Instance) => isVisible(instance, { now: Date.now(), ...dials });
  const calls = createCalls({ account, machines, dials: () => dials, isVisible: isShown });

  return {
    service: 'ec2',
    identityCertificatePem: signer.certificatePem,
    questions: (call) => ec2Questions(account, call.action, formOf(call), isShown),
    handle: async (call) => answerCall(calls, call),
    defineLaunchTemplate: (template) => defineLaunchTemplate(account, template),
    defineInstanceProfile: (profile) => defineInstanceProfile(account, profile),
    defineSubnet: (subnet) => defineSubnet(account, subnet),
    defineParameter: ({ name, dataType }) => void account.parameters.set(name, dataType),
    associateRouteTable: (subnetId, routeTableId) => void account.routeTables.set(subnetId, routeTableId),
    addGatewayEndpoint: (endpoint) => void account.gatewayEndpoints.push(endpoint),
    setDials: (change) => {
      dials = turnDials(dials, change);
      return dials;
    },
    interruptSpot: (instanceId) =>
      machines.end(findSpot(account, instanceId), { to: 'terminated', ...takenBack }),
    warnSpot: (instanceId) => {
      findSpot(account, instanceId).takenBackAt = Date.now() + noticeMilliseconds;
      for (const listener of warned) listener({ 'instance-id': instanceId, 'instance-action': 'terminate' });
    },
    onSpotWarning: (listener) => {
      warned.add(listener);
      return () => void warned.delete(listener);
    },
    onStateChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    instances: () => [...account.instances.values()],
    close: async () => {
      process.removeListener('exit', closeNow);
      await machines.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const toyRunner = fileURLToPath(new URL('runner', import.meta.url));

const noticeMilliseconds = 120_000;

const takenBack = {
  code: 'Server.SpotInstanceTermination',
  message: 'Server.SpotInstanceTermination: Spot instance termination',
};

const newAccount = ({ region, accountId }: Ec2Options): Ec2Account => ({
  region,
  accountId,
  templates: new Map(),
  subnets: new Map(),
  routeTables: new Map(),
  gatewayEndpoints: [],
  instanceProfiles: new Map(),
  instances: new Map(),
  parameters: new Map(),
  fleets: new Map(),
});

function answerCall(calls: Calls, call: AwsCall): AwsAnswer {
  const answer = calls[call.action];
  if (!answer) {
    throw new AwsError(
      'InvalidAction',
      `The action ${call.action} is not known here; known are ${Object.keys(calls).join(', ')}.`,
    );
  }
  return xmlAnswer(call.action, answer(formOf(call)));
}

function findSpot(account: Ec2Account, instanceId: string): Instance {
  const [instance] = findInstances(account, [instanceId]) as [Instance];
  if (instance.lifecycle === 'spot') return instance;
  throw new AwsError(
    'InvalidParameterValue',
    `${instanceId} is on demand; only spot machines are taken back.`,
  );
}

/** Fields of the protocol are not part of the request. */
function formOf(call: AwsCall): Form {
  const { Action: _action, Version: _version, ...fields } = call.input;
  return readForm(fields);
}
