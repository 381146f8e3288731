// Chains of converters by family, each with the inputs on which they are compared with HAProxy.

import type { Family } from './haproxy-samples.ts';
import { binaries, everyByte, many, numbers } from './inputs.ts';

const OPERANDS = [
  '0',
  '1',
  '-1',
  '3',
  '-7',
  '4294967296',
  '9223372036854775807',
  '-9223372036854775808',
  '+12',
  '-',
];
const OPERATIONS = ['add', 'sub', 'mul', 'div', 'mod', 'and', 'or', 'xor'];

const listText = (pieces: readonly string[], count: number, seed: number) =>
  many(count, seed, (source) => source.pieces(pieces, 9));

const SEPARATED = ['a', 'bc', '_', '_', '-', 'd', '__', ''];
const COUNTS = ['', ',0', ',1', ',2', ',3', ',-1', ',-2', ',9'];
const INDEXES = [1, 2, 3, 5, -1, -2, -3, -5];

const separated = listText(SEPARATED, 500, 3);

export const families: readonly Family[] = [
  {
    name: 'arithmetic',
    type: 'str',
    chains: [
      ...OPERATIONS.flatMap((name) => OPERANDS.map((operand) => `${name}(${operand})`)),
      ...OPERATIONS.map((name) => `set-var(txn.n),${name}(txn.n)`),
      ...OPERATIONS.map((name) => `set-var(txn.n),length,${name}(txn.n)`),
      ...['neg', 'cpl', 'bool', 'not', 'odd', 'even'],
    ],
    inputs: numbers,
  },
  {
    name: 'casts',
    type: 'str',
    chains: [
      'add(0),concat()',
      'bool,concat()',
      'iif(yes,no)',
      'ipmask(32)',
      'ipmask(24)',
      'ipmask(32,128)',
      'ipmask(32,128),concat()',
      'ipmask(24,48),concat()',
      'ipmask(24,),concat()',
      'ipmask(255.0.255.0,ffff:0:ffff::),concat()',
      'ipmask(32),add(0)',
      'add(0),ipmask(32),concat()',
      'hex',
      'add(0),hex',
      'bool,hex',
      'htonl,hex',
    ],
    inputs: [
      ...numbers,
      ...[
        '1.2.3.4',
        '255.255.255.255',
        '0.0.0.0',
        '1.2.3',
        '1.2.3.4.5',
        '01.2.3.4',
        '256.1.1.1',
        ' 1.2.3.4',
        '1.2.3.4 ',
      ],
      ...[
        '::1',
        '::',
        '2001:db8::1',
        '::ffff:1.2.3.4',
        '::1.2.3.4',
        '2002:102:304::1',
        '1:2:3:4:5:6:7:8',
        '1::8::1',
      ],
      ...[
        'fe80::1%lo',
        '[::1]',
        '::ffff:0:0',
        '64:ff9b::1.2.3.4',
        'localhost',
        '127.1',
        '0x7f.0.0.1',
        '1.2.3.4/8',
      ],
      ...['12345::', ':1', '1:', '1:2:3:4:5:6:7::', '::2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8:9', '::FFFF:1.2.3.4'],
    ].map((text) => Buffer.from(text)),
  },
  {
    name: 'fields and words',
    type: 'str',
    chains: ['field', 'word'].flatMap((name) =>
      INDEXES.flatMap((index) => COUNTS.map((count) => `${name}(${index},_-${count})`)),
    ),
    inputs: separated,
  },
  {
    name: 'parts of binaries',
    type: 'bin',
    chains: [
      ...[0, 1, 2, 5, -1, 40, 4294967297].flatMap((from) =>
        ['', ',', ',0', ',1', ',3', ',-1', ',100'].map((length) => `bytes(${from}${length})`),
      ),
      'bytes(3,5),hex',
      'lower',
      'length',
      'concat()',
      'bytes(2),length',
      'bytes(1),upper,bytes(1)',
    ],
    inputs: [...everyByte, ...binaries(500, 40, 5)],
  },
  {
    name: 'trimming and lines',
    type: 'str',
    chains: [
      ...['ltrim', 'rtrim'].flatMap((name) => ['_', '_a', '', 'ab-_', "' '"].map((set) => `${name}(${set})`)),
      'ltrim(_),rtrim(_)',
      'cut_crlf',
      'length',
      'upper',
      'lower',
      'lower,upper',
    ],
    inputs: [...everyByte, ...listText([...SEPARATED, '\r', '\n', ' ', 'Ab', 'Z\xe9'], 600, 7)],
  },
  {
    name: 'hosts',
    type: 'str',
    chains: ['host_only', 'port_only', 'port_only,concat()', 'host_only,length'],
    inputs: [
      ...everyByte,
      ...listText(
        ['[', ']', ':', ':', '80', 'www.', 'Example', '::1', '1', '8080', '-', 'x', '/', '@', '.'],
        1500,
        9,
      ),
    ],
  },
  {
    name: 'encodings',
    type: 'bin',
    chains: [
      'hex',
      'base64',
      'ub64enc',
      'base64,b64dec',
      'ub64enc,ub64dec',
      ...['', ',1', ',0'].flatMap((truncate) =>
        [1, 2, 3, 4, 7, 8].flatMap((chunk) => [
          `be2dec(:,${chunk}${truncate})`,
          `be2dec(,${chunk}${truncate})`,
        ]),
      ),
      ...['', ',1', ',0'].flatMap((truncate) =>
        [1, 2, 3, 8, 99].flatMap((chunk) => [
          `be2hex(:,${chunk}${truncate})`,
          `be2hex(,${chunk}${truncate})`,
          `be2hex(--,${chunk}${truncate})`,
        ]),
      ),
      'be2hex()',
      'be2hex',
      'be2hex(,0)',
    ],
    inputs: [...everyByte, ...binaries(600, 40, 21)],
  },
  {
    name: 'decodings',
    type: 'str',
    chains: [
      'b64dec',
      'ub64dec',
      'hex2i',
      'url_dec',
      'url_dec(1)',
      'url_dec(0)',
      'url_enc',
      'url_enc(query)',
    ],
    inputs: [
      ...everyByte,
      ...everyByte.map((bytes) => Buffer.concat([Buffer.from('YW'), bytes.subarray(0, 1), Buffer.from('=')])),
      ...everyByte.map((bytes) => Buffer.concat([Buffer.from('%'), bytes.subarray(0, 1), Buffer.from('1')])),
      ...listText(['Y', 'W', 'Jj', '=', '==', 'YWJj', '-', '_', '+', '/', 'A'], 1500, 13),
      ...listText(['0', '1', 'f', 'F', '8000', 'ffffffff', 'g', '7'], 500, 15),
      ...listText(['%', '%20', '%2', '%zz', '+', '?', 'a', ' ', '%00', '%fF', '%%', '/', '&'], 800, 17),
    ],
  },
  {
    name: 'hashes',
    type: 'bin',
    chains: [
      ...['crc32', 'crc32c', 'djb2', 'sdbm'].flatMap((name) => [
        name,
        `${name}(0)`,
        `${name}(1)`,
        `${name}()`,
      ]),
      ...['xxh32', 'xxh64', 'xxh3'].flatMap((name) =>
        ['', '(0)', '(1)', '(-1)', '(99999999999)', '(9223372036854775807)', '(-9223372036854775808)'].map(
          (seed) => name + seed,
        ),
      ),
    ],
    inputs: [
      ...everyByte,
      ...Array.from({ length: 300 }, (_, length) =>
        binaries(1, 0, length + 1).concat(many(1, length + 1, (s) => s.bytes(length))),
      ).flat(),
      ...[500, 511, 512, 513, 1023, 1024, 1025, 1088, 2048, 4000, 8000].map(
        (length) => many(1, length, (s) => s.bytes(length))[0] as Buffer,
      ),
    ],
  },
  {
    name: 'digests',
    type: 'bin',
    chains: [
      'sha1',
      'sha2',
      'sha2()',
      ...[224, 256, 384, 512].map((bits) => `sha2(${bits})`),
      ...[
        'md5',
        'SHA256',
        'ShA256',
        'sha3-256',
        'blake2b512',
        'blake2s256',
        'shake128',
        'shake256',
        'md4',
        'whirlpool',
      ].map((name) => `digest(${name})`),
      ...[
        'ripemd160',
        'rmd160',
        'ripemd',
        'sm3',
        'sha512-256',
        'sha512-224',
        'RSA-SHA256',
        'RSA-SHA1',
        'md5-sha1',
        'ssl3-md5',
        'ssl3-sha1',
        'SHA2-256',
        'SHA-1',
      ].map((name) => `digest(${name})`),
      ...['md5', 'sha256', 'sha1', 'sha3-512', 'shake256', 'ripemd160', 'blake2b512'].map(
        (name) => `hmac(${name},YWJj)`,
      ),
      'hmac(sha256,)',
      'hmac(sha256,txn.none)',
      'base64,set-var(txn.k),b64dec,hmac(sha256,txn.k)',
      'set-var(txn.k2),hmac(sha256,txn.k2)',
    ],
    inputs: binaries(120, 200, 31),
  },
  {
    name: 'variables',
    type: 'str',
    chains: [
      'concat()',
      'concat(<)',
      'concat(<,txn.none,>)',
      'set-var(txn.a),concat(<,txn.a,>)',
      'length,set-var(txn.len),concat(<,txn.len,>)',
      'set-var(txn.b),upper,add_item(-,txn.b)',
      'set-var(txn.b),upper,add_item(-,txn.b,x)',
      'add_item(-,txn.none)',
      'add_item(-,txn.none,x)',
      'add_item(-,,x)',
      'add_item(,,x)',
      'set-var(sess.c),strcmp(sess.c)',
      'set-var(sess.c),upper,strcmp(sess.c)',
      'set-var(sess.c),concat(x),strcmp(sess.c)',
      'set-var(sess.c),rtrim(abcdefghijklm),strcmp(sess.c)',
      'set-var(sess.d),secure_memcmp(sess.d)',
      'set-var(sess.d),lower,secure_memcmp(sess.d)',
      'length,set-var(req.e),add(1),set-var(req.e,iflt)',
      'length,set-var(req.f),add(1),set-var(req.f,ifgt)',
      'set-var(req.g),length,set-var(req.g,ifgt)',
      'set-var(req.h,ifempty)',
      'set-var(req.i,ifnotempty)',
      'set-var(req.j),unset-var(req.j),set-var(req.j,ifset)',
      'set-var(req.j,ifnotset),set-var(req.j,ifnotexists)',
      'set-var(req.k),set-var(req.k,ifexists,ifset)',
      'set-var(proc.l1,ifexists),lower',
      'unset-var(proc.l2),set-var(proc.l2,ifset),lower',
      'set-var(check.l)',
      'iif(yes,no)',
      'length,iif(yes,no)',
      'length,iif(,no)',
    ],
    inputs: [...everyByte, ...listText(['a', 'B', '1', '', '-', 'x', '0'], 300, 33)],
  },
];
