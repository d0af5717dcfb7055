/** Form fields connected to their labels, hints and errors, so that screen readers announce what the eye sees. */
import type { Faults, Fields } from '../core/setup-form.ts';
import { type Html, html } from './html.ts';

export interface Entered {
  readonly fields: Fields;
  readonly faults: Faults;
}

export interface TextField {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly autocomplete?: string;
  readonly placeholder?: string;
}

const describedBy = (name: string, { faults }: Entered) =>
  faults[name] === undefined ? `${name}-hint` : `${name}-fault ${name}-hint`;

export const faultOf = (name: string, { faults }: Entered): Html | undefined =>
  faults[name] === undefined ? undefined : html`<p class="fault" id="${name}-fault">${faults[name]}</p>`;

export function textField({ name, label, hint, placeholder }: TextField, entered: Entered): Html {
  return html`<div class="field ${name}"><label for="${name}">${label}</label>
<input type="text" id="${name}" name="${name}" value="${entered.fields[name] ?? ''}" placeholder="${placeholder ?? ''}"
autocomplete="off" autocapitalize="off" spellcheck="false" aria-invalid="${String(entered.faults[name] !== undefined)}"
aria-describedby="${describedBy(name, entered)}">${faultOf(name, entered)}<p class="hint" id="${name}-hint">${hint}</p></div>`;
}

/** For secrets: the entered value is not shown again. */
export function secretArea({ name, label, hint, placeholder }: TextField, entered: Entered): Html {
  return html`<div class="field ${name}"><label for="${name}">${label}</label>
<textarea id="${name}" name="${name}" placeholder="${placeholder ?? ''}" autocomplete="off" autocapitalize="off"
spellcheck="false" aria-invalid="${String(entered.faults[name] !== undefined)}"
aria-describedby="${describedBy(name, entered)}"></textarea>${faultOf(name, entered)}<p class="hint" id="${name}-hint">${hint}</p></div>`;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint: string;
}

export function choices(
  group: { readonly name: string; readonly legend: string; readonly choices: readonly Choice[] },
  entered: Entered,
): Html {
  const { name, legend } = group;
  const fault = faultOf(name, entered);
  const one = ({
    value,
    label,
    hint,
  }: Choice) => html`<label class="choice"><input type="radio" name="${name}"
value="${value}"${entered.fields[name] === value && checked}><span>${label}</span><small>${hint}</small></label>`;
  const described = fault ? html` aria-describedby="${name}-fault"` : undefined;
  return html`<fieldset id="${name}"${described}><legend>${legend}</legend>${group.choices.map(one)}${fault}</fieldset>`;
}

export function checkbox({ name, label, hint }: TextField, entered: Entered): Html {
  return html`<label class="choice"><input type="checkbox" name="${name}" value="yes"${entered.fields[name] === 'yes' && checked}>
<span>${label}</span><small>${hint}</small></label>`;
}

/** The errors, at the top, with links to their fields. */
export function faultSummary({ faults }: Entered): Html | undefined {
  const names = Object.keys(faults);
  if (names.length === 0) return undefined;
  const items = names.map((name) => html`<li><a href="#${name}">${faults[name] ?? ''}</a></li>`);
  return html`<div class="note bad" role="alert"><b>Please correct ${names.length === 1 ? 'this' : 'these'}:</b><ul>${items}</ul></div>`;
}

const checked = html` checked`;
