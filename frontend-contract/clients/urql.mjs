// What both ways of urql have in common.

import { toAsyncIterable } from 'wonka';

import { closing, refusal } from './resuming.mjs';

export function adapt(client, { closed = () => null, close = () => {} } = {}) {
  // #region subscribe
  // One connection's events. At its end urql repeats the last result, with `hasNext: false`: that is no event.
  async function* subscribe(query, variables) {
    for await (const { data, error, hasNext } of toAsyncIterable(client.subscription(query, variables))) {
      if (error?.graphQLErrors.length) throw refusal(error.graphQLErrors);
      if (error) throw closed() ? closing(closed()) : error; // closed: the WebSocket, where there is one
      if (!hasNext) return;
      yield Object.values(data)[0];
    }
  }
  // #endregion

  async function ask(query, variables) {
    const run = /^mutation/m.test(query) ? 'mutation' : 'query';
    const { data, error } = await client[run](query, variables, { requestPolicy: 'network-only' }).toPromise();
    if (error) throw error;
    return data;
  }

  return { ask, subscribe, close, isPersisting: true };
}
