/**
 * The settings file of a single host: lines of NAME=value, as in Docker's and the shell's environment files. A change
 * keeps comments and order. Nothing is ever executed or expanded.
 */
export type Settings = Readonly<Record<string, string>>;

const assignment = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/;

export interface ReadSettings {
  readonly settings: Settings;
  /** Lines that are neither a setting, nor a comment, nor empty: `line 3: …`. */
  readonly faults: readonly string[];
}

export function readSettings(text: string): ReadSettings {
  const settings: Record<string, string> = {};
  const faults: string[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, name, value = ''] = assignment.exec(line) ?? [];
    if (name === undefined)
      faults.push(`line ${at + 1} is not a setting. Write NAME=value, or start it with #.`);
    else if (name in settings)
      faults.push(`line ${at + 1} sets ${name} a second time. Remove one of the two.`);
    else settings[name] = unquoted(value.trim());
  }
  return { settings, faults };
}

/**
 * The same text with these settings: a value replaces its own line, or the comment that shows the setting; undefined
 * turns the line into a comment.
 */
export function writeSettings(text: string, changes: Readonly<Record<string, string | undefined>>): string {
  const lines = text.replace(/\n+$/, '').split('\n');
  for (const [name, value] of Object.entries(changes)) {
    const at = lines.findIndex((line) => assignment.exec(line)?.[1] === name);
    if (value === undefined) {
      if (at >= 0) lines[at] = `# ${lines[at]?.trim()}`;
      continue;
    }
    const shown = lines.findIndex((line) => new RegExp(`^# ?${name}=`).test(line));
    const place = at >= 0 ? at : shown >= 0 ? shown : lines.length;
    lines[place] = `${name}=${value}`;
  }
  return `${lines.join('\n')}\n`;
}

function unquoted(value: string): string {
  const [, , inner] = /^(["'])(.*)\1$/.exec(value) ?? [];
  return inner ?? value;
}
