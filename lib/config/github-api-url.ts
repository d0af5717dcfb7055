/**
 * Where the REST API of a GitHub host is.
 * Sources: https://docs.github.com/en/rest, https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency
 */
export function githubApiUrl(host: string): string {
  if (host === 'github.com') return 'https://api.github.com';
  if (host.endsWith('.ghe.com')) return `https://api.${host}`;
  return `https://${host}/api/v3`;
}
