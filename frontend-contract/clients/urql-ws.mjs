// urql over HTTP, its documents persisted; subscriptions by graphql-ws, their documents persisted too.

import { Client, cacheExchange, fetchExchange, subscriptionExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { adapt } from './urql.mjs';
import { walk } from './walk.mjs';

export function connect({ url, token, fetch }) {
  // #region client
  let closed = null;
  const socket = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket, // a browser has its own
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: 0, // a silent retry sends the first `after` again: `follow` subscribes anew instead
    on: { connecting: () => (closed = null), closed: ({ code, reason }) => (closed = { code, reason }) },
  });
  const client = new Client({
    url,
    preferGetMethod: false, // this server takes no GET
    fetch: async (address, options) =>
      fetch(address, { ...options, headers: { ...options.headers, authorization: `Bearer ${await token()}` } }),
    exchanges: [
      cacheExchange,
      persistedExchange({
        preferGetForPersistedQueries: false,
        enableForMutation: true,
        enableForSubscriptions: true,
      }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? '' }, sink) }),
        }),
      }),
    ],
  });
  // #endregion

  return adapt(client, {
    closed: () => closed,
    close: () => socket.dispose(),
  });
}

await walk('urql over graphql-ws', connect);
