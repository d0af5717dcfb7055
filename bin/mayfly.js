#!/usr/bin/env node
/** Starts the operator's command line from a checkout. Node strips no types under node_modules, where packages lie. */
if (import.meta.url.includes('/node_modules/')) {
  console.error(
    "The operator's commands run in a checkout of Mayfly alone, whose mayfly.config.ts has the environment and the region " +
      'of the deployment that is meant; setup takes the stack of your app by --stack.',
  );
  process.exitCode = 2;
} else {
  await import('./mayfly-cli.ts');
}
