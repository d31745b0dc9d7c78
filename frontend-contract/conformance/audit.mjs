// Runs every audit of the npm package graphql-http against a server and says which it does not pass.
//
//   AUDIT_TOKEN=<bearer token> node audit.mjs http://127.0.0.1:8000/graphql
//
// ALSO_ACCEPT names what each request that says what it accepts would take besides, as a client of event streams does.

import { auditServer } from 'graphql-http';

// GET is off: a query in a URL would put its variables into logs. These audits (all "MAY") ask for GET.
const WITHOUT_GET = new Set(['5A70', 'D6D5', '6A70']);

const url = process.argv[2];
const token = process.env.AUDIT_TOKEN;
if (!url || !token) {
  console.error('usage: AUDIT_TOKEN=<bearer token> node audit.mjs <url of the GraphQL endpoint>');
  process.exit(2);
}

const also = process.env.ALSO_ACCEPT;

const signedIn = (address, options = {}) => {
  const headers = new Headers(options.headers);
  headers.set('authorization', `Bearer ${token}`);
  if (also && headers.has('accept')) headers.append('accept', also);
  return fetch(address, { ...options, headers });
};

const results = await auditServer({ url, fetchFn: signedIn });
const notPassed = results.filter(({ status }) => status !== 'ok');
const expected = notPassed.filter(({ status, id }) => status === 'notice' && WITHOUT_GET.has(id));

for (const { id, name, status, reason } of notPassed) {
  console.log(`${status} ${id} ${name}: ${reason}`);
}
console.log(`${results.length - notPassed.length} of ${results.length} passed, ${expected.length} expected notices`);
process.exit(notPassed.length === expected.length ? 0 : 1);
