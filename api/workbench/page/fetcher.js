// Asks this server, as who is signed in by their cookie: over HTTP, and by a socket for what is followed live.
import { parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { keyed, spend } from './keys.js';
import { outcomeOf, signedOut, tell, unreachable, unsent } from './outcome.js';

const UNAUTHENTICATED = 4401;
const HEADERS = {
  accept: 'application/graphql-response+json, application/json;q=0.9',
  'content-type': 'application/json',
  'graphql-require-preflight': '1',
};

/** Return what GraphiQL calls with each operation. */
export function fetcherOf(path) {
  const socket = createClient({ url: new URL(path, location.href).href.replace(/^http/, 'ws') });
  return (given) => {
    const operation = operationOf(given);
    const asked = operation ? { ...given, operationName: operation.name?.value } : given;
    const empty = [...blanks(given.variables)];
    if (empty.length) throw unsent(empty);
    return operation?.operation === 'subscription' ? follow(socket, asked) : ask(path, asked, operation);
  };
}

/** Yield the names of the variables that are still to be filled in. */
function* blanks(variables) {
  for (const [name, value] of Object.entries(variables ?? {})) {
    if (value === '') yield name;
    else if (value && typeof value === 'object') yield* blanks(value);
  }
}

/** Find what is to be run. The name that GraphiQL gives may for a moment be that of the tab before. */
function operationOf({ query, operationName }) {
  try {
    const operations = parse(query, { noLocation: true }).definitions.filter(({ operation }) => operation);
    return operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  } catch {
    return undefined; // the server says what is wrong with it, and where
  }
}

async function ask(path, asked, operation) {
  const isOwn = asked.operationName !== 'IntrospectionQuery';
  if (isOwn) tell('Asking …');
  const sent = fetch(path, {
    body: JSON.stringify({ ...asked, variables: keyed(asked.variables) }),
    credentials: 'same-origin',
    headers: HEADERS,
    method: 'POST',
  });
  const response = await sent.catch(giveUp);
  if (response.status === 401) throw signedOut('nothing was done.');
  const result = await response.json().catch(giveUp); // a proxy's own page is no answer of this server
  if (isOwn && outcomeOf(operation?.operation, result)) spend(asked.variables);
  return result;
}

function giveUp() {
  throw unreachable();
}

/** Give each result as it comes. GraphiQL ends what it follows by `return`. */
function follow(socket, asked) {
  tell('Following: each change is shown as it comes. Press Stop to end it.');
  const results = socket.iterate(asked);
  return {
    [Symbol.asyncIterator]: () => ({ next: () => heard(results.next()), return: () => results.return() }),
  };
}

async function heard(coming) {
  try {
    const step = await coming;
    if (step.done) tell('No longer following.');
    else outcomeOf('subscription', step.value);
    return step;
  } catch (reason) {
    if (reason?.code === UNAUTHENTICATED) throw signedOut('nothing is followed.');
    if (Array.isArray(reason)) {
      outcomeOf('subscription', { errors: reason });
      return { done: false, value: { errors: reason } };
    }
    throw unreachable();
  }
}
