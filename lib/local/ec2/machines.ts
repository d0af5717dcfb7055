/**
 * The machines' lives, in order: pending, running (the user data runs as a process), shutting-down or stopping,
 * terminated or stopped. Each change is announced once. A machine whose script ends without powering off keeps running.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ec2Account, Instance, InstanceState } from './account.ts';
import type { Ec2Dials } from './dials.ts';
import type { IdentitySigner } from './identity.ts';
import { type MachineProcess, startMachineProcess } from './machine-process.ts';
import { type MetadataService, startMetadataService } from './metadata-service.ts';
import type { createToolbox } from './toolbox.ts';

export interface MachineDeps {
  readonly account: Ec2Account;
  readonly dials: () => Ec2Dials;
  readonly signer: IdentitySigner;
  readonly toolbox: ReturnType<typeof createToolbox>;
  /** Where each machine gets a folder. */
  readonly folder: string;
  /** Undefined: each machine installs one into a folder of its own. */
  readonly runnerHome: string | undefined;
  /** Undefined: machines cannot reach S3. */
  readonly s3Url: (instance: Instance) => string | undefined;
  readonly onState: (instance: Instance) => void;
  readonly onConsole: (instance: Instance, text: string) => void;
}

export interface Machines {
  launch(instance: Instance): void;
  /** Ends a running machine; leaves one alone that is ending or has ended. */
  end(instance: Instance, end: MachineEnd): void;
  close(): Promise<void>;
}

export interface MachineEnd {
  readonly to: 'stopped' | 'terminated';
  readonly code: string;
  readonly message: string;
}

interface Body {
  process?: MachineProcess;
  metadata?: MetadataService;
  timer?: NodeJS.Timeout;
}

const consoleBytes = 64 * 1024;
const shutdownByMachine = {
  code: 'Client.InstanceInitiatedShutdown',
  message: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
};

export function createMachines(deps: MachineDeps): Machines {
  const bodies = new Map<string, Body>();
  const bodyOf = (instance: Instance): Body => bodies.get(instance.instanceId) ?? {};

  const enter = (instance: Instance, state: InstanceState) => {
    instance.state = state;
    if (state === 'running') instance.runningAt ??= Date.now();
    if (['shutting-down', 'stopping'].includes(state)) instance.shuttingDownAt ??= Date.now();
    deps.onState(instance);
  };
  const print = (instance: Instance, text: string) => {
    instance.console = (instance.console + text).slice(-consoleBytes);
    deps.onConsole(instance, text);
  };

  const boot = async (instance: Instance) => {
    enter(instance, 'running');
    if (neverBoots(deps.dials())) return;
    const script = Buffer.from(instance.template.data.UserData ?? '', 'base64');
    if (!script.subarray(0, 2).equals(Buffer.from('#!'))) {
      print(instance, 'The user data is no script: it must start with #!. Nothing is run.\n');
      return;
    }
    const metadata = await startMetadataService(deps.account, instance, deps.signer);
    if (instance.state !== 'running' || !bodies.has(instance.instanceId)) {
      metadata.close();
      return;
    }
    const body = bodyOf(instance);
    body.metadata = metadata;
    body.process = runUserData(deps, instance, {
      script,
      metadataUrl: metadata.url,
      print: (text) => print(instance, text),
      powerOff: () => {
        const behavior = instance.template.data.InstanceInitiatedShutdownBehavior ?? 'stop';
        end(instance, { to: behavior === 'stop' ? 'stopped' : 'terminated', ...shutdownByMachine });
      },
    });
  };

  const launch = (instance: Instance) => {
    deps.onState(instance);
    const timer = setTimeout(() => {
      boot(instance).catch((error: unknown) => print(instance, `The machine could not boot: ${error}\n`));
    }, deps.dials().bootMilliseconds);
    bodies.set(instance.instanceId, { timer });
  };

  const end = (instance: Instance, { to, ...reason }: MachineEnd) => {
    const isOver = ['shutting-down', 'terminated'].includes(instance.state);
    if (isOver || (to === 'stopped' && instance.state.startsWith('stop'))) return;
    const body = bodyOf(instance);
    releaseBody(body);
    instance.stateReason = reason;
    enter(instance, to === 'stopped' ? 'stopping' : 'shutting-down');
    body.timer = setTimeout(() => {
      if (to === 'terminated') instance.terminatedAt = Date.now();
      rmSync(machineFolder(deps, instance), { recursive: true, force: true });
      enter(instance, to);
    }, deps.dials().shutdownMilliseconds);
  };

  const close = async () => {
    const all = [...bodies.values()];
    bodies.clear();
    for (const body of all) releaseBody(body);
    await Promise.all(all.map((body) => body.process?.ended));
  };

  return { launch, end, close };
}

function releaseBody(body: Body): void {
  clearTimeout(body.timer);
  body.process?.kill();
  body.metadata?.close();
}

function neverBoots(dials: Ec2Dials): boolean {
  const { neverBoot } = dials;
  if (neverBoot.count === 0 || Math.random() >= neverBoot.probability) return false;
  if (neverBoot.count !== null) neverBoot.count -= 1;
  return true;
}

const machineFolder = (deps: MachineDeps, instance: Instance) => join(deps.folder, instance.instanceId);

interface UserData {
  readonly script: Buffer;
  readonly metadataUrl: string;
  readonly print: (text: string) => void;
  readonly powerOff: () => void;
}

function runUserData(deps: MachineDeps, instance: Instance, data: UserData): MachineProcess {
  const folder = machineFolder(deps, instance);
  mkdirSync(folder, { recursive: true });
  const script = join(folder, 'user-data');
  const s3Url = deps.s3Url(instance);
  writeFileSync(script, data.script, { mode: 0o700 });
  // A laptop's machine is up when its script starts.
  const uptime = join(folder, 'uptime');
  writeFileSync(uptime, '0.00 0.00\n');
  return startMachineProcess({
    bash: deps.toolbox.bash,
    script,
    folder,
    environment: {
      PATH: deps.toolbox.path,
      HOME: folder,
      LANG: 'C',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: data.metadataUrl,
      UPTIME_FILE: uptime,
      GATE_FOLDER: join(folder, 'gate'),
      GATE_SECONDS: String(deps.dials().gateSeconds),
      RUNNER_HOME: deps.runnerHome ?? join(folder, 'actions-runner'),
      ...(s3Url === undefined ? {} : { AWS_ENDPOINT_URL_S3: s3Url }),
    },
    onOutput: data.print,
    onPowerOff: data.powerOff,
  });
}
