/** What is recorded of the deployment, in memory. */
import { isSameConfiguration, settingDifferences } from '../../lib/core/setting-differences.ts';
import type {
  DeployedConfiguration,
  DeploymentAudit,
  DeploymentChange,
} from '../../lib/ports/deployment-audit.ts';
import { OperationalError } from '../../lib/ports/errors.ts';

export interface MemoryDeploymentAudit extends DeploymentAudit {
  readonly changes: readonly DeploymentChange[];
  readonly configurations: readonly DeployedConfiguration[];
  /** From now on nothing can be recorded; false: it can again. */
  fail(isFailing: boolean): void;
}

export function createMemoryDeploymentAudit(): MemoryDeploymentAudit {
  const changes: DeploymentChange[] = [];
  const configurations: DeployedConfiguration[] = [];
  let isFailing = false;
  const answering = () => {
    if (isFailing) throw new OperationalError('The table is busy.', { code: 'throttled', retryable: true });
  };
  return {
    changes,
    configurations,
    fail(failing) {
      isFailing = failing;
    },
    async record(change) {
      answering();
      changes.push(change);
    },
    async recordConfiguration({ configuration, code }) {
      answering();
      const last = configurations.at(-1);
      if (last && last.code === code && isSameConfiguration(last.configuration, configuration))
        return undefined;
      configurations.push({ configuration, code });
      const settings = last ? settingDifferences(last.configuration, configuration) : [];
      const ofCode = last && last.code !== code ? ['code'] : [];
      return { version: configurations.length, changed: [...settings.map(({ path }) => path), ...ofCode] };
    },
  };
}
