#!/usr/bin/env node
/** Starts the operator's command line from a checkout. Node strips no types under node_modules, where packages lie. */
if (import.meta.url.includes('/node_modules/')) {
  console.error(
    "The operator's commands read mayfly.config.ts beside them, so they run in a checkout of Mayfly alone. What a construct " +
      'in your own app made is looked after with the AWS CLI and its own attributes and grants.',
  );
  process.exitCode = 2;
} else {
  await import('./mayfly-cli.ts');
}
