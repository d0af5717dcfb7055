/**
 * What the list of commands says of each command without a group. It stands apart from the commands' code, which the list does
 * not load.
 */
import type { Outline } from './command.ts';

export const outlines = {
  preflight: {
    name: 'preflight',
    summary: 'check whether the AWS account has the quotas and instance types that the configured tiers need',
  },
  policy: {
    name: 'policy',
    summary: 'print the minimal IAM policy for a deploy, for CloudFormation, or for one command',
    positionals: ['<name>'],
  },
  setup: { name: 'setup', summary: 'create the GitHub App, or store an existing one' },
  verify: {
    name: 'verify',
    summary: 'after a deploy: check, with one short-lived machine, that AWS behaves as the platform expects',
  },
  status: { name: 'status', summary: 'show tenants, their machines and limits, and why jobs wait' },
  explain: {
    name: 'explain',
    summary: 'explain why a job waits, what comes next, and how to fix it',
    positionals: ['[job]'],
  },
  tenants: { name: 'tenants', summary: 'list the tenants, with their machines and waiting jobs' },
  costs: {
    name: 'costs',
    summary: 'show what machines cost, by tenant, repository, workflow, tier, job or day',
  },
  invoice: {
    name: 'invoice',
    summary: 'write what a tenant owes for a month',
    positionals: ['<tenant>', '<month>'],
  },
  audit: { name: 'audit', summary: 'show who changed what, and why', positionals: ['[tenant]'] },
  rollback: { name: 'rollback', summary: 'deploy an earlier configuration again' },
  logs: {
    name: 'logs',
    summary: 'show the console of a machine: its boot, step by step',
    positionals: ['<instance-id>'],
  },
  'dead-letters': {
    name: 'dead-letters',
    summary: 'list messages that failed for an hour, and send them back',
  },
  'rotate-webhook-secret': {
    name: 'rotate-webhook-secret',
    summary: 'replace the webhook secret without losing an event',
  },
  'rotate-key': { name: 'rotate-key', summary: "replace the App's private key without losing an event" },
  drain: {
    name: 'drain',
    summary: 'stop launching and terminate every machine, for example before cdk destroy',
  },
} as const satisfies Readonly<Record<string, Outline>>;
