// Apollo Client: HttpLink for queries and mutations, their documents persisted; GraphQLWsLink for subscriptions.

import { createHash } from 'node:crypto';

import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { each } from './observing.mjs';
import { closing, refusal } from './resuming.mjs';
import { walk } from './walk.mjs';

globalThis.WebSocket ??= WebSocket; // GraphQLWsLink asks for it by name; a browser has its own

export function connect({ url, token, fetch }) {
  // #region client
  let closed = null;
  const socket = createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: 0, // a silent retry sends the first `after` again: `follow` subscribes anew instead
    on: {
      connecting: () => (closed = null),
      closed: ({ code, reason }) => (closed = { code, reason }), // the link passes on a text alone
    },
  });
  const sha256 = async (text) => createHash('sha256').update(text).digest('hex');
  const signIn = new SetContextLink(async () => ({ headers: { authorization: `Bearer ${await token()}` } }));
  const http = ApolloLink.from([signIn, new PersistedQueryLink({ sha256 }), new HttpLink({ uri: url, fetch })]);
  const client = new ApolloClient({
    link: ApolloLink.split(({ operationType }) => operationType === 'subscription', new GraphQLWsLink(socket), http),
    cache: new InMemoryCache(),
  });

  // One connection's events. Apollo hands errors on as a last result, those of the socket too.
  async function* subscribe(query, variables) {
    const results = client.subscribe({ query: gql(query), variables, fetchPolicy: 'no-cache' });
    for await (const { data, error } of each(results)) {
      if (CombinedGraphQLErrors.is(error)) throw refusal(error.errors);
      if (error) throw closed ? closing(closed) : error;
      yield Object.values(data)[0];
    }
  }
  // #endregion

  async function ask(query, variables) {
    const document = gql(query);
    const isMutation = document.definitions.some(({ operation }) => operation === 'mutation');
    const { data } = isMutation
      ? await client.mutate({ mutation: document, variables })
      : await client.query({ query: document, variables, fetchPolicy: 'network-only' });
    return data;
  }

  function close() {
    client.stop();
    return socket.dispose();
  }

  return { ask, subscribe, close, isPersisting: true };
}

await walk('Apollo Client', connect);
