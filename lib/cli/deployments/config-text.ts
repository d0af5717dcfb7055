/** A configuration as the text of mayfly.config.ts, formatted as the linter of this repository would. */

/** @param configuration JSON */
export function configText(configuration: string, version: number): string {
  const value = literal(JSON.parse(configuration), {
    indent: '',
    used: 'const config: MayflyConfig = '.length,
  });
  return [
    '/**',
    ` * The configuration of version ${version}, put back by \`mayfly rollback\`. It is checked as a whole at synth; docstrings are in`,
    ' * lib/config/config.ts.',
    ' */',
    "import type { MayflyConfig } from './lib/config/config.ts';",
    '',
    `const config: MayflyConfig = ${value};`,
    '',
    'export default config;',
    '',
  ].join('\n');
}

/** As in the configuration of Biome. */
const widest = 110;

interface Position {
  readonly indent: string;
  /** Characters of the line before the value. */
  readonly used: number;
}

function literal(value: unknown, { indent, used }: Position): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const inner = `${indent}  `;
  if (!Array.isArray(value)) {
    const lines = Object.entries(value).map(([name, entry]) => {
      const key = `${inner}${isIdentifier.test(name) ? name : quoted(name)}: `;
      return `${key}${literal(entry, { indent: inner, used: key.length })},\n`;
    });
    return lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`;
  }
  const isFlat = value.every((entry) => typeof entry !== 'object');
  const line = `[${value.map((entry) => literal(entry, { indent: inner, used: widest })).join(', ')}]`;
  if (isFlat && used + line.length < widest) return line;
  const lines = value.map((entry) => `${inner}${literal(entry, { indent: inner, used: inner.length })},\n`);
  return `[\n${lines.join('')}${indent}]`;
}

const isIdentifier = /^[A-Za-z_$][\w$]*$/;

const quoted = (text: string) =>
  text.includes("'") && !text.includes('"')
    ? JSON.stringify(text)
    : `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
