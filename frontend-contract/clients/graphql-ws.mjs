// graphql-ws alone: queries, mutations and subscriptions over one WebSocket.

import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { Refused, refusal } from './resuming.mjs';
import { walk } from './walk.mjs';

export function connect({ url, token }) {
  // #region client
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket, // a browser has its own
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: 0, // a silent retry sends the first `after` again: `follow` subscribes anew instead
  });

  // One connection's events. It throws a CloseEvent, an ErrorEvent where nobody answers, or a list of GraphQL errors.
  async function* subscribe(query, variables) {
    try {
      for await (const { data, errors } of client.iterate({ query, variables })) {
        if (errors) throw errors;
        yield Object.values(data)[0];
      }
    } catch (ended) {
      if (Array.isArray(ended)) throw refusal(ended);
      if (ended.code === 4401) throw new Refused('UNAUTHENTICATED', ended.reason);
      throw ended;
    }
  }
  // #endregion

  async function ask(query, variables) {
    for await (const { data, errors } of client.iterate({ query, variables })) {
      if (errors) throw refusal(errors);
      return data;
    }
  }

  return { ask, subscribe, close: () => client.dispose() };
}

await walk('graphql-ws', connect);
