// urql by fetch alone: queries and mutations with persisted documents, subscriptions as event streams.

import { Client, cacheExchange, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';

import { adapt } from './urql.mjs';
import { walk } from './walk.mjs';

export function connect({ url, token, fetch }) {
  // #region client
  const client = new Client({
    url,
    preferGetMethod: false, // this server takes no GET
    fetchSubscriptions: true,
    fetch: async (address, options) =>
      fetch(address, { ...options, headers: { ...options.headers, authorization: `Bearer ${await token()}` } }),
    exchanges: [
      cacheExchange,
      // Not for subscriptions: urql 6 takes an unknown hash on an event stream for two, and subscribes twice.
      persistedExchange({ preferGetForPersistedQueries: false, enableForMutation: true }),
      fetchExchange,
    ],
  });
  // #endregion

  return adapt(client);
}

await walk('urql over event streams', connect);
