// What a TLS client says first: a record with a ClientHello that asks for a server by name.

function block(lengthBytes: number, body: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(body.length, 0, lengthBytes);
  return Buffer.concat([length, body]);
}

function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type >> 8, type & 255]), block(2, body)]);
}

export function clientHello(name: string): Buffer {
  const serverName = block(2, Buffer.concat([Buffer.from([0]), block(2, Buffer.from(name))]));
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    block(1, Buffer.alloc(32, 9)),
    block(2, Buffer.from([0x13, 0x01, 0x00, 0xff])),
    block(1, Buffer.from([0])),
    block(2, Buffer.concat([extension(23, Buffer.alloc(0)), extension(0, serverName)])),
  ]);
  const handshake = Buffer.concat([Buffer.from([1]), block(3, body)]);
  return Buffer.concat([Buffer.from([22, 3, 1]), block(2, handshake)]);
}
