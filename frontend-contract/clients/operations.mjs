// Reads the contract's operations, each with the fragments that it spreads. A front end has a code generator do it.

import { readFileSync } from 'node:fs';

const read = (name) => readFileSync(new URL(`../operations/${name}.graphql`, import.meta.url), 'utf8');
const fileOf = (fragment) => `fragments/${fragment.replace(/\B[A-Z]/g, '-$&').toLowerCase()}`;

export function operation(name) {
  const texts = new Map([[name, read(name)]]);
  for (const text of texts.values()) {
    for (const [, fragment] of text.matchAll(/\.\.\.(\w+)/g)) {
      if (!texts.has(fragment)) texts.set(fragment, read(fileOf(fragment)));
    }
  }
  return [...texts.values()].join('\n');
}
