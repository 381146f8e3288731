// Messages of the protocols that converters read: mostly right, sometimes broken somewhere.

import type { Source } from './inputs.ts';

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}

/** Now and then a byte of it is another one, or missing. */
function spoiled(source: Source, message: Buffer): Buffer {
  if (message.length === 0) return message;
  switch (source.below(8)) {
    case 0: {
      const other = Buffer.from(message);
      other[source.below(other.length)] = source.below(256);
      return other;
    }
    case 1:
      return message.subarray(0, source.below(message.length));
    default:
      return message;
  }
}

export function protobuf(source: Source, depth: number): Buffer {
  const fields = Array.from({ length: source.below(5) }, () => {
    const number = source.of([1, 2, 3, 4, 16]);
    const wire = source.of([0, 0, 1, 2, 2, 5]);
    const key = varint(number * 8 + wire);
    if (wire === 0)
      return Buffer.concat([
        key,
        varint(source.below(2) === 0 ? source.below(300) : source.below(0x7fffffff)),
      ]);
    if (wire === 1) return Buffer.concat([key, source.bytes(8)]);
    if (wire === 5) return Buffer.concat([key, source.bytes(4)]);
    const body =
      depth > 0 && source.below(3) > 0 ? protobuf(source, depth - 1) : source.bytes(source.below(6));
    return Buffer.concat([key, varint(body.length), body]);
  });
  return spoiled(source, Buffer.concat(fields));
}

const SOH = String.fromCharCode(1);

export function fixMessage(source: Source): Buffer {
  const fields = Array.from({ length: source.below(5) }, () =>
    source.of([
      '49=SENDER',
      '56=TARGET',
      '7=5',
      '98=',
      'x=1',
      '049=Z',
      '35=B',
      '0=1',
      '=2',
      '112=T=E',
      'abc',
    ]),
  );
  if (source.below(3) > 0)
    for (let at = fields.length - 1; at >= 0; at--)
      if (/^(x|0|=|abc)/.test(fields[at] as string)) fields.splice(at, 1);
  const body = [source.of(['35=A', '35=A', '35=A', '35=', '49=A']), ...fields]
    .map((field) => field + SOH)
    .join('');
  const version = source.of(['FIX.4.2', 'FIX.4.4', 'FIXT.1.1', 'FIX.4.0', 'FIX.5.0', 'fix.4.2']);
  const length = source.below(6) === 0 ? source.below(60) : body.length;
  const head = `8=${version}${SOH}9=${source.of(['', '', '', '0', ' '])}${length}${SOH}${body}`;
  let sum = 0;
  for (const c of Buffer.from(head)) sum += c;
  const digits = String(sum % 256).padStart(source.of([3, 3, 3, 3, 1, 4]), '0');
  return spoiled(source, Buffer.from(`${head}10=${digits}${SOH}${source.of(['', '', 'more'])}`));
}

function mqttText(source: Source): Buffer {
  const text = source.bytes(source.below(5));
  return Buffer.concat([Buffer.from([0, text.length]), text]);
}

function mqttProperties(source: Source, ids: readonly number[]): Buffer {
  const some = Array.from({ length: source.below(5) }, () => {
    const id = source.below(25) === 0 ? source.below(50) : source.of(ids);
    if ([17, 39, 2, 24].includes(id)) return Buffer.from([id, 0, 0, source.below(2), source.below(3)]);
    if ([33, 34, 19].includes(id)) return Buffer.from([id, source.below(2), source.below(3)]);
    if ([25, 23, 1, 36, 37, 40, 41, 42].includes(id)) return Buffer.from([id, source.below(3)]);
    if (id === 38) return Buffer.concat([Buffer.from([id]), mqttText(source), mqttText(source)]);
    return Buffer.concat([Buffer.from([id]), mqttText(source)]);
  });
  const all = Buffer.concat(some);
  return Buffer.concat([varint(all.length + (source.below(30) === 0 ? 1 : 0)), all]);
}

export function mqttMessage(source: Source): Buffer {
  const version = source.of([3, 4, 5, 5, 5, 6]);
  const parts: Buffer[] = [];
  if (source.below(3) === 0) {
    parts.push(Buffer.from([source.of([0, 1, 0, 1, 2]), source.below(256)]));
    if (version === 5)
      parts.push(
        mqttProperties(source, [17, 33, 36, 37, 39, 18, 34, 31, 40, 41, 42, 19, 26, 28, 21, 22, 38]),
      );
  } else {
    const name = source.of(['MQTT', 'MQTT', 'MQTT', 'MQIsdp', 'MQTX']);
    const flags = source.below(256) & (source.below(10) === 0 ? 255 : 254);
    parts.push(
      Buffer.from([0, name.length]),
      Buffer.from(name),
      Buffer.from([version, flags, 0, source.below(256)]),
    );
    if (version === 5) parts.push(mqttProperties(source, [17, 33, 39, 34, 25, 23, 21, 22, 38]));
    parts.push(mqttText(source));
    if ((flags & 4) !== 0) {
      if (version === 5) parts.push(mqttProperties(source, [24, 1, 2, 3, 8, 9, 38]));
      parts.push(mqttText(source), mqttText(source));
    }
    if ((flags & 0x80) !== 0) parts.push(mqttText(source));
    if ((flags & 0x40) !== 0) parts.push(mqttText(source));
  }
  const body = Buffer.concat(parts);
  const first =
    parts.length > 0 && (parts[0] as Buffer).length === 2 && (parts[0] as Buffer)[0] !== 0 ? 0x20 : 0;
  const type = first === 0x20 || body[0] !== 0 || body[2] !== 0x4d ? 0x20 : 0x10;
  return spoiled(source, Buffer.concat([Buffer.from([type]), varint(body.length), body]));
}
