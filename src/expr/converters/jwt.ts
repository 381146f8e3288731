/**
 * Verifying JSON web tokens. Keys are read when the configuration is linked, never while traffic flows.
 * Specification: configuration manual 7.3.1 `jwt_verify`; RFC 7515, RFC 7518 3.
 */
import { createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ArgumentValue, takes, textOf } from '../argument.ts';
import { decodeBase64Url } from '../base64.ts';
import { cast } from '../casts.ts';
import { registerConverters } from '../converter-record.ts';
import { latin1Text, Sample, T_BIN, T_INT, T_STR } from '../sample.ts';
import type { Scope } from '../scope.ts';
import { ScopedVariable } from '../scoped-variable.ts';
import { nextScratch } from '../scratch.ts';

const FAILURE = 0;
const SUCCESS = 1;
const UNKNOWN_ALGORITHM = -1;
const UNMANAGED_ALGORITHM = -2;
const INVALID_TOKEN = -3;
const UNKNOWN_CERTIFICATE = -5;

interface Algorithm {
  readonly kind: 'none' | 'hmac' | 'rsa' | 'ecdsa' | 'unmanaged';
  readonly digest: string;
}

const algorithms: ReadonlyMap<string, Algorithm> = new Map([
  ['none', { kind: 'none', digest: '' }],
  ...['256', '384', '512'].flatMap((bits): [string, Algorithm][] => [
    [`HS${bits}`, { kind: 'hmac', digest: `sha${bits}` }],
    [`RS${bits}`, { kind: 'rsa', digest: `sha${bits}` }],
    [`ES${bits}`, { kind: 'ecdsa', digest: `sha${bits}` }],
    [`PS${bits}`, { kind: 'unmanaged', digest: `sha${bits}` }],
  ]),
]);

/** By path. A path that a variable gives must be named in the configuration as well. */
const keys = new Map<string, KeyObject>();

function loadKey(path: string): void {
  if (keys.has(path)) return;
  try {
    const text = readFileSync(path, 'latin1');
    // Neither certificates nor private keys are taken.
    if (/^-----BEGIN (RSA )?PUBLIC KEY-----/m.test(text)) keys.set(path, createPublicKey(text));
  } catch {
    // As in HAProxy, a key that cannot be read shows in the result, not in the configuration.
  }
}

/** A text of the configuration, or of a variable. */
class Word {
  private readonly variable: ScopedVariable | undefined;
  readonly constant: string;
  private readonly value = new Sample();

  constructor(argument: ArgumentValue | undefined) {
    this.constant = textOf(argument) ?? '';
    this.variable = ScopedVariable.of(this.constant);
  }

  get isConstant(): boolean {
    return this.variable === undefined;
  }

  read(scope: Scope): string | undefined {
    const { variable, value } = this;
    if (variable === undefined) return this.constant;
    if (!variable.get(scope, value) || !cast(value, T_STR)) return undefined;
    return latin1Text(value.u8, value.start, value.end);
  }
}

function verifyToken(sample: Sample, algorithm: Algorithm, key: string): number {
  const { u8, start, end } = sample;
  const parts = latin1Text(u8, start, end).split('.');
  if (parts.length < 2 || parts.length > 3) return INVALID_TOKEN;
  const signature = parts[2] ?? '';
  if (algorithm.kind === 'none') return signature === '' ? SUCCESS : FAILURE;
  if (algorithm.kind === 'unmanaged') return UNMANAGED_ALGORITHM;
  const from = end - signature.length;
  const area = nextScratch();
  const length = parts.length < 3 ? -1 : decodeBase64Url(u8, from, end, area);
  if (length <= 0) return INVALID_TOKEN;
  const seal = area.subarray(0, length);
  const signed = u8.subarray(start, from - 1);
  if (algorithm.kind === 'hmac') {
    const code = createHmac(algorithm.digest, Buffer.from(key, 'latin1')).update(signed).digest();
    return code.length === length && timingSafeEqual(code, seal) ? SUCCESS : FAILURE;
  }
  const publicKey = keys.get(key);
  if (publicKey === undefined) return UNKNOWN_CERTIFICATE;
  const isRsa = publicKey.asymmetricKeyType === 'rsa';
  if (isRsa !== (algorithm.kind === 'rsa')) return FAILURE;
  try {
    const how = isRsa ? publicKey : { key: publicKey, dsaEncoding: 'ieee-p1363' as const };
    return verify(algorithm.digest, signed, how, seal) ? SUCCESS : FAILURE;
  } catch {
    return FAILURE;
  }
}

registerConverters({
  name: 'jwt_verify',
  arguments: takes('string', 'string'),
  input: T_BIN,
  output: T_INT,
  doc: 'Whether the signature of a JSON web token is right: 1 if so, 0 if not, below zero for other reasons.',
  manual: '7.3.1',
  check: ([name]) => {
    const word = new Word(name);
    if (!word.isConstant) return undefined;
    const algorithm = algorithms.get(word.constant);
    if (algorithm === undefined) return `unknown JWT algorithm: ${word.constant}`;
    return algorithm.kind === 'unmanaged' ? 'RSASSA-PSS JWS signing not managed yet' : undefined;
  },
  link: ([name, argument]) => {
    const algorithmName = new Word(name);
    const key = new Word(argument);
    const mayBeFile = !algorithmName.isConstant || /^[RE]S/.test(algorithmName.constant);
    if (key.isConstant && mayBeFile) loadKey(key.constant);
    return (sample, scope) => {
      const text = algorithmName.read(scope);
      const secret = key.read(scope);
      if (text === undefined || secret === undefined) return false;
      const algorithm = algorithms.get(text);
      if (algorithm === undefined) return sample.setInt(UNKNOWN_ALGORITHM);
      return sample.setInt(verifyToken(sample, algorithm, secret));
    };
  },
});
