#!/usr/bin/env node
/** `npx mayfly`: the operator's command line. */
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { endWhenOutputCloses } from '../lib/cli/closed-output.ts';
import type { Io } from '../lib/cli/command.ts';
import { commandsFor } from '../lib/cli/commands.ts';
import { runCommand } from '../lib/cli/run-command.ts';
import config from '../mayfly.config.ts';

const io: Io = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  ...(process.stdin.isTTY ? { ask } : {}),
};

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

endWhenOutputCloses();
const args = process.argv.slice(2);
process.exitCode = await runCommand(await commandsFor(args), args, {
  config,
  configFile: fileURLToPath(new URL('../mayfly.config.ts', import.meta.url)),
  io,
  environment: process.env,
});
