// The way that every client goes: a query, a mutation, subscriptions; the server dies, something happens, it is back.

import assert from 'node:assert/strict';

import { operation } from './operations.mjs';
import { ask, hangUp, say } from './parent.mjs';
import { catchUp, follow, followAnew } from './resuming.mjs';
import { Story } from './story.mjs';

const soon = () => new Promise((resolve) => setTimeout(resolve, 100));

export async function walk(name, connect) {
  const url = process.argv[2];
  const { TOKEN, INPUT, EXPIRED } = process.env;
  if (!url || !TOKEN || !INPUT || !EXPIRED) {
    console.error('usage: TOKEN=<bearer token> INPUT=<of submit, as JSON> EXPIRED=<a cursor> node <client>.mjs <url>');
    process.exit(2);
  }
  const documents = [];
  const client = connect({ url, token: async () => TOKEN, fetch: watched(documents) });
  say(`${name} is a ${(await client.ask(operation('viewer'), {})).viewer.role}`);

  await followAcrossTheServersEnds(client, JSON.parse(INPUT));
  await startAnew(client, EXPIRED);
  await outliveToken({ url, connect, lasting: TOKEN });
  if (client.isPersisting) assert.ok(documents.includes('left out'));
  await client.close();
  hangUp();
}

// Notes of each request with a hash whether the document went with it.
function watched(documents) {
  return (address, options) => {
    const { query, extensions } = JSON.parse(options.body);
    if (extensions?.persistedQuery) documents.push(query ? 'sent' : 'left out');
    return fetch(address, options);
  };
}

async function followAcrossTheServersEnds(client, input) {
  const told = new Story(follow((after) => client.subscribe(operation('events-live'), { after }), null, soon));
  const { type, cursor: start } = await told.next();
  assert.equal(type, 'HEARTBEAT', 'a stream begins with where it stands');

  const { id } = await submit(client, input);
  assert.equal((await submit(client, input)).id, id, 'the same key gives the first result again');
  assert.equal((await told.event()).type, 'SUBMITTED');
  const states = new Story(follow(() => client.subscribe(operation('request-live'), { id }), null, soon));
  assert.equal((await states.next()).status, 'SUBMITTED');
  say('submitted a request, twice with one key, and was told of it once');

  await ask('KILL');
  assert.equal((await told.event()).type, 'REVISED');
  say('the server was killed and is back: was told what happened in the meantime');

  await ask('STOP');
  assert.equal((await told.event()).type, 'WITHDRAWN');
  say('the server was stopped and is back: was told what happened in the meantime');

  while ((await states.next()).status !== 'WITHDRAWN');
  say('the page of the request is up to date');

  const logged = [];
  const page = async (after) => (await client.ask(operation('events'), { first: 2, after })).events;
  const end = await catchUp(page, start, (event) => logged.push(event));
  assert.deepEqual(logged.map((event) => event.type), ['SUBMITTED', 'REVISED', 'WITHDRAWN']);
  assert.deepEqual(told.events.map(essence), logged.map(essence), 'told what the log has: in order, once each');
  await Promise.all([told.end(), states.end()]);

  const on = new Story(follow((after) => client.subscribe(operation('events-live'), { after }), end, soon));
  assert.equal((await on.next()).type, 'HEARTBEAT', 'nothing is left to tell');
  await on.end();
  say('the log has what was told, in the same order and once each');
}

async function submit(client, input) {
  const { submitExtraSessionsRequest: answer } = await client.ask(operation('submit'), { input });
  assert.deepEqual(answer.userErrors, []);
  return answer.request;
}

// Every sending seals the cursor anew.
const essence = ({ type, occurredAt, request }) => [type, occurredAt, request.id];

async function startAnew(client, expired) {
  const subscribe = (after) => client.subscribe(operation('events-live'), { after });
  await refuses(follow(subscribe, 'none of ours', soon), 'BAD_USER_INPUT');
  await refuses(follow(subscribe, expired, soon), 'CURSOR_EXPIRED');

  let requests = null;
  const readAll = async () => (requests = (await client.ask(operation('requests'), {})).requests.nodes);
  const told = new Story(followAnew(subscribe, readAll, soon));
  await told.next();
  assert.deepEqual(requests.map(({ status }) => status), ['WITHDRAWN']);
  await told.end();
  say('a cursor was too old: read everything anew and went on');
}

async function outliveToken({ url, connect, lasting }) {
  let token = await ask('TOKEN');
  const client = connect({ url, token: async () => token, fetch });
  const told = new Story(follow((after) => client.subscribe(operation('events-live'), { after }), null, soon));
  assert.equal((await told.next()).type, 'HEARTBEAT');
  token = lasting;
  assert.equal((await told.next()).type, 'HEARTBEAT', 'of the next connection: one alone would have 30 s between two');
  await told.end();
  say('the token ran out: signed in with the next one');

  token = 'unknown';
  const stranger = connect({ url, token: async () => token, fetch });
  await refuses(follow(() => stranger.subscribe(operation('events-live'), {}), null, soon), 'UNAUTHENTICATED');
  await Promise.all([client.close(), stranger.close()]);
  say('without one it was refused, and tried no more');
}

async function refuses(stream, code) {
  await assert.rejects(stream.next(), (error) => error.code === code || assert.fail(error));
}
