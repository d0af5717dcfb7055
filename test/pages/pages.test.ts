/** The pages as text: nothing that is entered becomes markup, and all words can be read in the light and in the dark. */
import { describe, expect, it } from '@jest/globals';
import type { SetupView } from '../../lib/core/setup-view.ts';
import { html } from '../../lib/pages/html.ts';
import { renderView } from '../../lib/pages/render.ts';
import { style } from '../../lib/pages/style.ts';
import { nonEmpty } from '../support/non-empty.ts';

const hostile = `"'><script>alert(1)</script>&`;
const place = {
  environment: hostile,
  githubHost: hostile,
  webhookUrl: hostile,
  formToken: hostile,
  replaces: true,
};
const manifest = {
  name: hostile,
  url: hostile,
  hook_attributes: { url: hostile, active: true as const },
  redirect_url: hostile,
  public: true,
  default_permissions: { [hostile]: 'read' as const },
  default_events: [hostile],
};
const entered = {
  fields: { organization: hostile, name: hostile, appId: hostile },
  faults: { organization: hostile, level: hostile, privateKey: hostile },
};

const views: readonly SetupView[] = [
  { view: 'choose', place, ...entered },
  { view: 'existing', place, ...entered },
  { view: 'review', place, manifest, action: hostile, owner: hostile },
  {
    view: 'done',
    place,
    appId: hostile,
    name: hostile,
    installUrl: hostile,
    todo: hostile,
    missing: [hostile],
  },
  { view: 'closed', why: 'set-up', appId: hostile },
  { view: 'failed', title: hostile, what: hostile, steps: [hostile] },
];

describe('a page', () => {
  it.each(views)('of the view $view shows hostile words as words', (view) => {
    const { body } = renderView(view);
    expect(body).not.toContain('<script');
    expect(body).not.toContain(`"'>`);
    expect(body).toContain('&#60;script&#62;');
  });

  it('never shows a key or a secret that was entered', () => {
    const fields = { appId: '1', privateKey: 'hush-key', webhookSecret: 'hush-secret' };
    expect(renderView({ view: 'existing', place, fields: { appId: '1' }, faults: {} }).body).toContain(
      'value="1"',
    );
    expect(renderView({ view: 'existing', place, fields, faults: {} }).body).not.toContain('hush-key');
  });

  it('leaves out what is not there', () => {
    expect(html`<p>${undefined}${false}${[html`<b>${1}</b>`]}</p>`.html).toBe('<p><b>1</b></p>');
  });
});

describe('the colours', () => {
  const schemes = [...style.matchAll(/:root\{([^}]+)\}/g)].map(([, body = '']) =>
    Object.fromEntries(
      [...body.matchAll(/--([a-z-]+):(#[0-9a-f]{3,6})/g)].map(([, name, colour]) => [name, colour]),
    ),
  );
  const pairs = [
    ['ink', 'card'],
    ['ink', 'tint'],
    ['ink', 'bad-tint'],
    ['soft', 'card'],
    ['soft', 'tint'],
    ['soft', 'ground'],
    ['accent', 'card'],
    ['accent-ink', 'accent'],
    ['bad', 'card'],
    ['bad', 'bad-tint'],
  ];

  it.each(pairs)('%s on %s can be read, in the light and in the dark', (text, ground) => {
    expect(schemes).toHaveLength(2);
    // Source: https://www.w3.org/TR/WCAG22/#contrast-minimum
    for (const scheme of nonEmpty(schemes))
      expect(contrast(scheme[text]!, scheme[ground]!)).toBeGreaterThanOrEqual(4.5);
  });
});

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const digits =
    colour.length === 4 ? [...colour.slice(1)].map((digit) => digit + digit) : colour.slice(1).match(/../g)!;
  const [red = 0, green = 0, blue = 0] = digits.map((pair) => {
    const part = Number.parseInt(pair, 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
