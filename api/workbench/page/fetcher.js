// Asks this server, as who is signed in by their cookie: over HTTP, and by a socket for what is followed live.
import { getOperationAST } from 'graphql';
import { createClient } from 'graphql-ws';
import { outcomeOf, signedOut, tell, UNREACHABLE } from './outcome.js';

const UNAUTHENTICATED = 4401;
const HEADERS = {
  accept: 'application/graphql-response+json, application/json;q=0.9',
  'content-type': 'application/json',
  'graphql-require-preflight': '1',
};

/** Return what GraphiQL calls with each operation. */
export function fetcherOf(path) {
  const socket = createClient({
    url: new URL(path, location.href).href.replace(/^http/, 'ws'),
    shouldRetry: (reason) => reason?.code !== UNAUTHENTICATED,
  });
  return (asked, { documentAST } = {}) => {
    const operation = documentAST && getOperationAST(documentAST, asked.operationName ?? undefined);
    return operation?.operation === 'subscription' ? follow(socket, asked) : ask(path, asked, operation);
  };
}

async function ask(path, asked, operation) {
  const isOwn = asked.operationName !== 'IntrospectionQuery';
  if (isOwn) tell('Asking …');
  let response;
  try {
    response = await fetch(path, {
      body: JSON.stringify(asked),
      credentials: 'same-origin',
      headers: HEADERS,
      method: 'POST',
    });
  } catch {
    tell(UNREACHABLE, 'refused');
    throw new Error(UNREACHABLE);
  }
  if (response.status === 401) throw signedOut();
  const result = await response.json();
  if (isOwn) outcomeOf(operation?.operation, result);
  return result;
}

/** Give each result as it comes. GraphiQL ends what it follows by `return`. */
function follow(socket, asked) {
  tell('Following: each change is shown as it comes. Press Stop to end it.');
  const results = socket.iterate(asked);
  return {
    [Symbol.asyncIterator]: () => ({ next: () => heard(results.next()), return: () => ended(results) }),
  };
}

async function heard(coming) {
  try {
    const step = await coming;
    if (!step.done) outcomeOf('subscription', step.value);
    return step;
  } catch (reason) {
    if (reason?.code === UNAUTHENTICATED) throw signedOut();
    if (Array.isArray(reason)) {
      outcomeOf('subscription', { errors: reason });
      return { done: false, value: { errors: reason } };
    }
    tell(UNREACHABLE, 'refused');
    throw new Error(UNREACHABLE);
  }
}

function ended(results) {
  tell('No longer following.');
  return results.return();
}
