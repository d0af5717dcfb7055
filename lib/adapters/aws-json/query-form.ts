/**
 * The form of a call to EC2: `Filter.1.Name=…`. EC2's model names most lists in the plural and their entries in the singular, so
 * lists are named here, one by one.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
 */
const listNames: Readonly<Record<string, string>> = {
  Filters: 'Filter',
  FleetIds: 'FleetId',
  InstanceIds: 'InstanceId',
  InstanceTypes: 'InstanceType',
  LaunchTemplateConfigs: 'LaunchTemplateConfigs',
  Overrides: 'Overrides',
  ProductDescriptions: 'ProductDescription',
  TagSpecifications: 'TagSpecification',
  Tags: 'Tag',
  Values: 'Value',
};

const version = '2016-11-15';

/** @throws Error for a list whose name is not known here */
export function queryForm(action: string, input: object): string {
  const fields = [`Action=${action}`, `Version=${version}`];
  addMembers(fields, '', input);
  return fields.join('&');
}

function addMembers(fields: string[], prefix: string, members: object): void {
  for (const [member, value] of Object.entries(members)) {
    if (!Array.isArray(value)) add(fields, prefix + member, value);
    else {
      const name = Object.hasOwn(listNames, member) ? listNames[member] : undefined;
      if (name === undefined) throw new Error(`The list ${member} has no name in query-form.ts; add it.`);
      for (const [n, entry] of value.entries()) add(fields, `${prefix}${name}.${n + 1}`, entry);
    }
  }
}

function add(fields: string[], name: string, value: unknown): void {
  if (value === undefined || value === null) return;
  if (value instanceof Date) fields.push(`${name}=${escaped(value.toISOString().replace('.000Z', 'Z'))}`);
  else if (typeof value === 'object') addMembers(fields, `${name}.`, value);
  else fields.push(`${name}=${escaped(String(value))}`);
}

/** As in signatures: whatever is not unreserved in RFC 3986. */
const escaped = (value: string) =>
  encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
