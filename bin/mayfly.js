#!/usr/bin/env node
/**
 * Starts the operator's command line from a checkout. An installed package cannot: Node strips no types under
 * node_modules.
 */
import module from 'node:module';

if (import.meta.url.includes('/node_modules/')) {
  console.error(
    "error: Run mayfly's commands in a checkout of Mayfly. Its mayfly.config.ts must name the environment and the region of " +
      'your deployment; setup also takes the stack of your app, by --stack.',
  );
  process.exitCode = 2;
} else {
  module.enableCompileCache?.();
  await import('./mayfly-cli.ts');
}
