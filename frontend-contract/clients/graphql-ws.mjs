// graphql-ws alone: queries, mutations and subscriptions over one WebSocket.

import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { closing, refusal } from './resuming.mjs';
import { walk } from './walk.mjs';

export function connect({ url, token }) {
  // #region client
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket, // a browser has its own
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: 0, // a silent retry sends the first `after` again: `follow` subscribes anew instead
  });

  // One connection's events. The client throws GraphQL errors, a CloseEvent, or an ErrorEvent where nobody answers.
  async function* subscribe(query, variables) {
    try {
      for await (const { data, errors } of client.iterate({ query, variables })) {
        if (errors) throw errors; // such as when the request that it follows is gone
        yield Object.values(data)[0];
      }
    } catch (ended) {
      throw Array.isArray(ended) ? refusal(ended) : closing(ended);
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
