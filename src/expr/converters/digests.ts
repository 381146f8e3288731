/**
 * Cryptographic digests, message authentication and decryption. Specification: configuration manual 7.3.1; names of
 * algorithms are OpenSSL's.
 */
import { createDecipheriv, createHash, createHmac } from 'node:crypto';
import { type ArgumentValue, noArguments, numberOf, takes, takesAtLeast, textOf } from '../argument.ts';
import { base64Bytes, decodeBase64 } from '../base64.ts';
import { cast } from '../casts.ts';
import { type Converter, registerConverters } from '../converter-record.ts';
import { Sample, T_BIN, T_STR } from '../sample.ts';
import type { Scope } from '../scope.ts';
import { ScopedVariable } from '../scoped-variable.ts';
import { nextScratch } from '../scratch.ts';

const WRONG_ALGORITHM = 'algorithm must be a valid OpenSSL message digest name.';
const WRONG_KEY = 'argument needs to be base64 encoded, and can either be a string or a variable';

/** OpenSSL knows these names, and has them in no provider that is loaded: a digest of them always fails. */
const LEGACY: ReadonlySet<string> = new Set(['md4', 'rsa-md4', 'mdc2', 'whirlpool', 'md2']);
/** Digests of any length, with the one that OpenSSL gives them. */
const XOF_BYTES: ReadonlyMap<string, number> = new Map([
  ['shake128', 16],
  ['shake-128', 16],
  ['shake256', 32],
  ['shake-256', 32],
]);

/** Whether there is a digest of that name. OpenSSL has more names than it lists, so it is asked. */
function isDigest(name: string): boolean {
  try {
    createHash(name);
    return true;
  } catch {
    return LEGACY.has(name.toLowerCase());
  }
}

function digestError(argument: ArgumentValue | undefined): string | undefined {
  const text = textOf(argument) ?? '';
  return isDigest(text) ? undefined : WRONG_ALGORITHM;
}

/** A digest may be unusable although it has a name (legacy providers): then there is no value. */
function digesting(name: string): Converter {
  const bytes = XOF_BYTES.get(name.toLowerCase());
  const options = bytes === undefined ? undefined : { outputLength: bytes };
  return (sample) => {
    try {
      const hash = createHash(name, options).update(sample.u8.subarray(sample.start, sample.end)).digest();
      return sample.setBytes(T_BIN, hash);
    } catch {
      return false;
    }
  };
}

const NONE = new Uint8Array(0);

/** Bytes that the configuration gives in base64, itself or through a variable. */
class KeyMaterial {
  private readonly variable: ScopedVariable | undefined;
  private readonly constant: Uint8Array;
  private readonly value = new Sample();

  constructor(argument: ArgumentValue | undefined) {
    const text = textOf(argument) ?? '';
    this.variable = ScopedVariable.of(text);
    this.constant = this.variable === undefined ? (base64Bytes(text) ?? NONE) : NONE;
  }

  static isWrong(argument: ArgumentValue | undefined): boolean {
    const text = textOf(argument) ?? '';
    return ScopedVariable.of(text) === undefined && base64Bytes(text) === undefined;
  }

  /** Undefined: the variable is not set, or holds no base64. */
  read(scope: Scope): Uint8Array | undefined {
    const { variable, value } = this;
    if (variable === undefined) return this.constant;
    if (!variable.get(scope, value) || !cast(value, T_STR)) return undefined;
    const area = nextScratch();
    const length = decodeBase64(value.u8, value.start, value.end, area);
    return length < 0 ? undefined : area.subarray(0, length);
  }
}

function linkDecryption([size, ...rest]: readonly ArgumentValue[]): Converter {
  const bits = numberOf(size) ?? 0;
  const cipher = bits === 128 ? 'aes-128-gcm' : bits === 192 ? 'aes-192-gcm' : 'aes-256-gcm';
  const [nonce, key, tag] = rest.map((argument) => new KeyMaterial(argument));
  return (sample, scope) => {
    const iv = nonce?.read(scope);
    const secret = key?.read(scope);
    const seal = tag?.read(scope);
    if (iv === undefined || secret === undefined || seal === undefined) return false;
    try {
      const decipher = createDecipheriv(cipher, secret, iv, { authTagLength: seal.length });
      decipher.setAuthTag(seal);
      const plain = decipher.update(sample.u8.subarray(sample.start, sample.end));
      // The seal is looked at here.
      decipher.final();
      return sample.setBytes(T_BIN, plain);
    } catch {
      return false;
    }
  };
}

registerConverters(
  {
    name: 'sha1',
    arguments: noArguments,
    input: T_BIN,
    output: T_BIN,
    doc: 'SHA-1.',
    manual: '7.3.1',
    link: () => digesting('sha1'),
  },
  {
    name: 'sha2',
    arguments: takesAtLeast(0, 'integer'),
    input: T_BIN,
    output: T_BIN,
    doc: 'SHA-2 of 224, 256, 384 or 512 bits; 256 when nothing is said.',
    manual: '7.3.1',
    check: ([bits]) => {
      const number = numberOf(bits) ?? 256;
      return [224, 256, 384, 512].includes(number) ? undefined : `Unsupported number of bits: '${number}'`;
    },
    link: ([bits]) => digesting(`sha${numberOf(bits) ?? 256}`),
  },
  {
    name: 'digest',
    arguments: takes('string'),
    input: T_BIN,
    output: T_BIN,
    doc: 'A digest by its OpenSSL name.',
    manual: '7.3.1',
    check: ([algorithm]) => digestError(algorithm),
    link: ([algorithm]) => digesting(textOf(algorithm) ?? ''),
  },
  {
    name: 'hmac',
    arguments: takes('string', 'string'),
    input: T_BIN,
    output: T_BIN,
    doc: 'A message authentication code by the OpenSSL name of its digest, with a key in base64 or a variable that has one.',
    manual: '7.3.1',
    check: ([algorithm, key]) =>
      digestError(algorithm) ?? (KeyMaterial.isWrong(key) ? `failed to parse key : ${WRONG_KEY}` : undefined),
    link: ([algorithm, argument]) => {
      const name = textOf(algorithm) ?? '';
      const key = new KeyMaterial(argument);
      const usable = !XOF_BYTES.has(name.toLowerCase());
      return (sample, scope) => {
        const secret = key.read(scope);
        if (secret === undefined || !usable) return false;
        try {
          const code = createHmac(name, secret).update(sample.u8.subarray(sample.start, sample.end));
          return sample.setBytes(T_BIN, code.digest());
        } catch {
          return false;
        }
      };
    },
  },
  {
    name: 'aes_gcm_dec',
    arguments: takes('integer', 'string', 'string', 'string'),
    input: T_BIN,
    output: T_BIN,
    doc: 'Decrypted with AES-GCM of so many bits, with nonce, key and tag in base64 or in variables; nothing if the tag is wrong.',
    manual: '7.3.1',
    check: ([bits, nonce, key, tag]) => {
      if (![128, 192, 256].includes(numberOf(bits) ?? 0)) return 'key size must be 128, 192 or 256 (bits).';
      if (KeyMaterial.isWrong(nonce)) return `failed to parse nonce : ${WRONG_KEY}`;
      if (KeyMaterial.isWrong(key)) return `failed to parse key : ${WRONG_KEY}`;
      if (KeyMaterial.isWrong(tag)) return `failed to parse aead_tag : ${WRONG_KEY}`;
      return undefined;
    },
    link: linkDecryption,
  },
);
