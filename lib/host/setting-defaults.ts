/** Every setting of a single host, by the names of its file. */

/** Every setting, with its default. */
export const settingDefaults: Readonly<Record<string, string>> = {
  GITHUB_ORGANIZATION: '',
  GITHUB_REPOSITORY: '',
  RUNNER_GROUP: '',
  RUNNER_NAME: 'mayfly',
  LABELS: 'self-hosted,linux,x64',
  RUNNER_WORKDIR: '_work',
  CLEANUP_TIMEOUT: '300',
  ALLOWED_REPOSITORIES: '',
  RUNNER_COUNT: '1',
  RUNNER_IMAGE: 'mayfly-runner',
  CONTAINER_ENGINE: '',
  JOB_MEMORY: '',
  JOB_CPUS: '',
  JOB_NETWORK: '',
  DOCKER_SOCKET: 'false',
  EPHEMERAL: 'true',
  GITHUB_API_URL: 'https://api.github.com',
  GITHUB_TOKEN: '',
  GITHUB_APP_ID: '',
  GITHUB_APP_PRIVATE_KEY_FILE: '',
};

/** The setting that must never be in a copy. */
export const secretSetting = 'GITHUB_TOKEN';
