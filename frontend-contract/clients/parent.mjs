// Talks with whoever started this script: what to do with the server is asked for by one word on a line.

import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin });
const heard = lines[Symbol.asyncIterator]();

// Tells a person how far the script is.
export const say = (text) => console.log(`- ${text}`);

// Asks for something, waits until it is done, and returns what came of it.
export async function ask(word) {
  console.log(word);
  const { value } = await heard.next();
  return value;
}

export const hangUp = () => lines.close();
