/**
 * A machine's user data: images/boot.sh with its placeholders filled in and without its comments, since a template for
 * thirty tiers contains it thirty times. The script is full of the shell's own `${…}`, so values that only the deploy
 * knows, such as URLs, are joined in rather than substituted.
 */
import { readFileSync } from 'node:fs';
import { Fn, Token } from 'aws-cdk-lib/core';

export interface BootWords {
  readonly CLAIM_URL: string;
  readonly RUNNER_ARCHITECTURE: string;
  /** Empty: the current release. */
  readonly RUNNER_VERSION: string;
  /** Empty: the checksum published with the release. */
  readonly RUNNER_SHA256: string;
  /** Empty: machines cannot reach the bucket of runner programs. */
  readonly RUNNER_BUCKET: string;
  readonly RELEASE_URL: string;
  readonly IDLE_SECONDS: string;
  /** Seconds after which the machine powers off, whatever it does. */
  readonly LIFE_MINUTES: string;
  /** `yes` or `no`. */
  readonly ROOTLESS: string;
  /** Base64 of a shell script; empty for none. */
  readonly EXTRA_USER_DATA: string;
}

/** EC2 accepts no more, before base64. */
const mostBytes = 16 * 1024;
/** Longer than any URL that only the deploy knows. */
const addressBytes = 128;

/** @throws Error if the script is too long, has a placeholder without a value, or lacks one that has a value */
export function bootUserData(file: string, words: BootWords): string {
  const script = compactScript(readFileSync(file, 'utf8'));
  const filled: Readonly<Record<string, string>> = { ...words };
  const parts = script.split(/@([A-Z][A-Z0-9_]*)@/);
  const found = parts.filter((_, index) => isWord(index));
  const wrong = [...new Set(found)].filter((word) => filled[word] === undefined);
  const missing = Object.keys(filled).filter((word) => !found.includes(word));
  if (wrong.length > 0 || missing.length > 0) {
    throw new Error(
      `${file} must have exactly the words @${Object.keys(filled).join('@, @')}@ to fill in; ` +
        `unknown: ${wrong.join(', ') || 'none'}; missing: ${missing.join(', ') || 'none'}.`,
    );
  }
  const texts = parts.map((part, index) => (isWord(index) ? filled[part]! : part));
  const bytes = texts.reduce((sum, text) => sum + bytesOf(text), 0);
  if (bytes > mostBytes) {
    throw new Error(
      `${file} with its words filled in has ${bytes} bytes; user data has room for ${mostBytes}. Shorten it.`,
    );
  }
  return Fn.base64(Fn.join('', texts));
}

const bytesOf = (text: string) => (Token.isUnresolved(text) ? addressBytes : Buffer.byteLength(text));

/**
 * Drops comment lines except the first, which names the interpreter, and indentation, which is a twentieth of a template.
 * So the script must not contain here-documents or quoted text over several lines.
 */
export const compactScript = (script: string) =>
  script.replace(/^[ \t]*#(?!!).*\n/gm, '').replace(/^[ \t]+/gm, '');

/** Split by a pattern with one group, a text alternates between what surrounds the placeholders and their names. */
const isWord = (index: number) => index % 2 === 1;
