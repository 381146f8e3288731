/** Converters that need keys: what they give for values that were made here. Codes are those that HAProxy 2.6 gives. */
import assert from 'node:assert/strict';
import { createCipheriv, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LocalSamples } from './local-samples.ts';

function give(chain: string, input: Buffer | string): Buffer | undefined {
  return new LocalSamples('bin', [chain]).evaluate(Buffer.from(input))[0];
}

function verdict(chain: string, token: string): number | undefined {
  const result = give(chain, token);
  return result === undefined ? undefined : Number(result.readBigInt64BE());
}

function token(algorithm: string, seal: (text: Buffer) => Buffer): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: algorithm })}.${part({ sub: 'me', n: 5 })}`;
  return `${text}.${seal(Buffer.from(text)).toString('base64url')}`;
}

test('aes_gcm_dec gives the text, and nothing when tag, key or nonce are other ones', () => {
  for (const bits of [128, 192, 256]) {
    const key = Buffer.alloc(bits / 8, 7);
    const nonce = Buffer.alloc(12, 9);
    const cipher = createCipheriv(`aes-${bits as 128}-gcm`, key, nonce);
    const secret = Buffer.concat([cipher.update('attack at dawn'), cipher.final()]);
    const [n, k, tag] = [nonce, key, cipher.getAuthTag()].map((bytes) => bytes.toString('base64'));
    assert.equal(give(`aes_gcm_dec(${bits},${n},${k},${tag})`, secret)?.toString(), 'attack at dawn');
    assert.equal(give(`aes_gcm_dec(${bits},${n},${k},${n})`, secret), undefined);
    assert.equal(give(`aes_gcm_dec(${bits},${tag},${k},${tag})`, secret), undefined);
    assert.equal(give(`aes_gcm_dec(${bits},txn.none,${k},${tag})`, secret), undefined);
  }
});

test('jwt_verify tells right signatures from wrong ones, and why it cannot tell', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-keys-'));
  try {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const [rsaFile, ecFile, privateFile] = ['rsa', 'ec', 'private'].map((name) => join(directory, name));
    writeFileSync(rsaFile as string, rsa.publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(ecFile as string, ec.publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(privateFile as string, rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const hs = token('HS256', (text) => createHmac('sha256', 'key').update(text).digest());
    const rs = token('RS256', (text) => sign('sha256', text, rsa.privateKey));
    const es = token('ES256', (text) =>
      sign('sha256', text, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }),
    );
    const expected: readonly (readonly [chain: string, input: string, code: number])[] = [
      ['jwt_verify(HS256,key)', hs, 1],
      ['jwt_verify(HS256,kez)', hs, 0],
      ['jwt_verify(HS512,key)', hs, 0],
      ['jwt_verify(HS256,key)', `${hs}.x`, -3],
      ['jwt_verify(HS256,key)', 'abc', -3],
      [`jwt_verify(RS256,${rsaFile})`, rs, 1],
      [`jwt_verify(RS384,${rsaFile})`, rs, 0],
      [`jwt_verify(RS256,${rsaFile})`, hs, 0],
      [`jwt_verify(RS256,${ecFile})`, rs, 0],
      [`jwt_verify(ES256,${ecFile})`, es, 1],
      [`jwt_verify(ES256,${rsaFile})`, es, 0],
      [`jwt_verify(RS256,${privateFile})`, rs, -5],
      [`jwt_verify(RS256,${join(directory, 'none')})`, rs, -5],
      ['jwt_verify(none,)', 'a.b.', 1],
      ['jwt_verify(none,)', hs, 0],
      [
        "set-var(txn.t),jwt_header_query('$.alg'),set-var(txn.a),length,concat(,txn.none),jwt_verify(txn.a,key)",
        hs,
        -3,
      ],
      ["jwt_payload_query('$.n',int)", hs, 5],
    ];
    for (const [chain, input, code] of expected) assert.equal(verdict(chain, input), code, chain);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
