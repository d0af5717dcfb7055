/** Whether a controller's settings may be stored. Returns the first error found, with its setting. */
import { controllerBounds, type Rule, type Transport } from './controller.ts';
import { type ChangeContext, type PolicyFault, policyFault, type SettingChanges } from './policy-change.ts';
import { isPublicAddress } from './public-address.ts';

export function checkSettings(settings: SettingChanges, context: ChangeContext): PolicyFault | undefined {
  const { description, timeoutMilliseconds, match, transport, exemptRepositories } = settings;
  const bounds = controllerBounds;
  return (
    checkLength('description', description, bounds.descriptionCharacters) ??
    checkTimeout(timeoutMilliseconds) ??
    checkExemptions(exemptRepositories) ??
    (match ? checkExpression('match', match, context) : undefined) ??
    (transport && checkTransport(transport, context))
  );
}

const invalid = (field: string, text: string) => policyFault('invalid', 'invalid-setting', text, field);

function checkLength(field: string, value: string | undefined, most: number): PolicyFault | undefined {
  if (value === undefined || value.length <= most) return undefined;
  return invalid(field, `It has ${value.length} characters; at most ${most} are allowed.`);
}

function checkTimeout(given: number | undefined): PolicyFault | undefined {
  const { least, most } = controllerBounds.timeoutMilliseconds;
  if (given === undefined || (Number.isSafeInteger(given) && given >= least && given <= most))
    return undefined;
  const text = `The timeout is ${given} milliseconds; a whole number from ${least} to ${most} is allowed.`;
  return invalid('timeoutMilliseconds', text);
}

function checkExemptions(given: readonly number[] = []): PolicyFault | undefined {
  const most = controllerBounds.exemptRepositories;
  const field = 'exemptRepositories';
  if (given.length > most) return invalid(field, `${given.length} are given; at most ${most} are allowed.`);
  if (given.every((id) => Number.isSafeInteger(id) && id > 0)) return undefined;
  return invalid(field, "Each must be GitHub's id of a repository.");
}

function checkTransport(transport: Transport, context: ChangeContext): PolicyFault | undefined {
  switch (transport.kind) {
    case 'poll':
      return undefined;
    case 'https':
      return checkUrl(transport.url, context.allowsLoopback ?? false);
    case 'rules':
      return checkRules(transport.rules, context);
  }
}

/** The host name is resolved and checked at each call: it may change after this check. */
function checkUrl(url: string, allowsLoopback: boolean): PolicyFault | undefined {
  const field = 'transport.url';
  const tooLong = checkLength(field, url, controllerBounds.urlCharacters);
  if (tooLong) return tooLong;
  const parsed = URL.parse(url);
  const isLoopback = allowsLoopback && parsed?.hostname === '127.0.0.1';
  if (parsed?.protocol !== 'https:' && !(isLoopback && parsed?.protocol === 'http:'))
    return invalid(field, `${url} is not an https URL, such as https://controller.example.com/admit.`);
  if (parsed.username || parsed.password || parsed.hash)
    return invalid(field, 'The URL must have no user, password or fragment.');
  if (!isLoopback && isInternal(parsed.hostname))
    return invalid(
      field,
      `${url} is not on the public internet. A controller inside a network can poll instead.`,
    );
  return undefined;
}

/** An address, which URLs write in one form; names are checked when they are resolved. */
function isInternal(hostname: string): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return (/^[\d.]+$/.test(address) || address.includes(':')) && !isPublicAddress(address);
}

function checkRules(rules: readonly Rule[], context: ChangeContext): PolicyFault | undefined {
  const field = 'transport.rules';
  const most = controllerBounds.rulesEach;
  if (rules.length === 0 || rules.length > most)
    return invalid(field, `${rules.length} rules are given; 1 to ${most} are allowed.`);
  for (const [n, { reject, reason }] of rules.entries()) {
    if (reason.trim() === '') return invalid(`${field}.${n}.reason`, 'A rule needs a reason.');
    const fault =
      checkLength(`${field}.${n}.reason`, reason, controllerBounds.reasonCharacters) ??
      checkExpression(`${field}.${n}.reject`, reject, context);
    if (fault) return fault;
  }
  return undefined;
}

function checkExpression(field: string, expression: string, { faultOf }: ChangeContext) {
  const tooLong = checkLength(field, expression, controllerBounds.expressionCharacters);
  if (tooLong) return tooLong;
  const fault = faultOf(expression);
  return fault === undefined ? undefined : invalid(field, fault);
}
