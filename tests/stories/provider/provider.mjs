// A certified sign-in provider on this machine. Each time it is started it signs by keys of its own.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import Provider from 'oidc-provider';

const { algorithm, audience, browsers, certificate, issuer, machines, port } = JSON.parse(process.argv[2]);
const KINDS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519'],
};

function newKey(alg) {
  const { privateKey } = generateKeyPairSync(...KINDS[alg]);
  return { ...privateKey.export({ format: 'jwk' }), alg, kid: randomUUID(), use: 'sig' };
}

const provider = new Provider(issuer, {
  clients: [
    { ...browsers, grant_types: ['authorization_code'] },
    ...machines.map((each) => ({ ...each, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] })),
  ].map((client) => ({ ...client, id_token_signed_response_alg: algorithm })),
  cookies: { keys: [randomUUID()] },
  features: {
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({ scope: '', audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'EdDSA' } } }),
    },
  },
  jwks: { keys: [newKey(algorithm), newKey('EdDSA')] },
  pkce: { required: () => true },
});

// Its pages would fetch a font from elsewhere, and an icon that is not there.
const head = '<head><link rel="icon" href="data:,">';
provider.use(async (context, next) => {
  await next();
  if (context.type !== 'text/html') return;
  context.body = String(context.body).replace(/@import[^;]*;/, '').replace('<head>', head);
});
provider.on('server_error', (_context, error) => console.error(error));

const pem = readFileSync(certificate);
createServer({ cert: pem, key: pem }, provider.callback()).listen(port, '127.0.0.1');
