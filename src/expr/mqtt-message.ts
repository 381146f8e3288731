/**
 * Reads a CONNECT or CONNACK message of MQTT, and picks one field out of it. What the reader says of a message is what
 * HAProxy 2.6 says. Specification: OASIS MQTT 3.1.1 and 5.0, chapters 2.2, 3.1 and 3.2.
 */

export const MQTT_CONNECT = 1;
export const MQTT_CONNACK = 2;

const TYPES = [
  'connect',
  'connack',
  'publish',
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
  'subscribe',
  'suback',
  'unsubscribe',
  'unsuback',
  'pingreq',
  'pingresp',
  'disconnect',
  'auth',
];

/** By name, whatever its case, or by number. */
export function mqttType(text: string): number | undefined {
  const at = TYPES.indexOf(text.toLowerCase());
  if (at >= 0) return at + 1;
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= TYPES.length ? number : undefined;
}

/** Fields that are no properties, numbered above all of these. */
const FIELD_FLAGS = 256;
const FIELD_PROTOCOL_NAME = 257;
const FIELD_PROTOCOL_VERSION = 258;
const FIELD_CLIENT = 259;
const FIELD_WILL_TOPIC = 260;
const FIELD_WILL_PAYLOAD = 261;
const FIELD_USER = 262;
const FIELD_PASSWORD = 263;
const FIELD_KEEPALIVE = 264;
const FIELD_REASON = 265;

const connectFields: ReadonlyMap<string, number> = new Map([
  ['flags', FIELD_FLAGS],
  ['protocol_name', FIELD_PROTOCOL_NAME],
  ['protocol_version', FIELD_PROTOCOL_VERSION],
  ['client_identifier', FIELD_CLIENT],
  ['will_topic', FIELD_WILL_TOPIC],
  ['will_payload', FIELD_WILL_PAYLOAD],
  ['username', FIELD_USER],
  ['password', FIELD_PASSWORD],
  ['keepalive', FIELD_KEEPALIVE],
]);
const connackFields: ReadonlyMap<string, number> = new Map([
  ['flags', FIELD_FLAGS],
  ['protocol_version', FIELD_PROTOCOL_VERSION],
  ['reason_code', FIELD_REASON],
]);

/** What a property is: so many bytes of a number, or a length and bytes. */
const BOOLEAN = 0;
const TWO_BYTES = 2;
const FOUR_BYTES = 4;
const TEXT = -1;
const TEXT_PAIR = -2;
const ONE_BYTE = 1;
const USER_PROPERTY = 38;

const connectProperties: ReadonlyMap<number, number> = new Map([
  [17, FOUR_BYTES],
  [33, TWO_BYTES],
  [39, FOUR_BYTES],
  [34, TWO_BYTES],
  [25, BOOLEAN],
  [23, BOOLEAN],
  [21, TEXT],
  [22, TEXT],
  [USER_PROPERTY, TEXT_PAIR],
]);
const willProperties: ReadonlyMap<number, number> = new Map([
  [24, FOUR_BYTES],
  [1, BOOLEAN],
  [2, FOUR_BYTES],
  [3, TEXT],
  [8, TEXT],
  [9, TEXT],
  [USER_PROPERTY, TEXT_PAIR],
]);
const connackProperties: ReadonlyMap<number, number> = new Map([
  [17, FOUR_BYTES],
  [33, TWO_BYTES],
  [36, ONE_BYTE],
  [37, BOOLEAN],
  [39, FOUR_BYTES],
  [18, TEXT],
  [34, TWO_BYTES],
  [31, TEXT],
  [40, BOOLEAN],
  [41, BOOLEAN],
  [42, BOOLEAN],
  [19, TWO_BYTES],
  [26, TEXT],
  [28, TEXT],
  [21, TEXT],
  [22, TEXT],
  [USER_PROPERTY, TEXT_PAIR],
]);

/** By name, whatever its case, or a property by its number. */
export function mqttField(type: number, text: string): number | undefined {
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  if (type === MQTT_CONNECT) {
    if (connectProperties.has(number) || willProperties.has(number)) return number;
    return connectFields.get(text.toLowerCase());
  }
  if (type !== MQTT_CONNACK) return undefined;
  return connackProperties.has(number) ? number : connackFields.get(text.toLowerCase());
}

const VALID = 1;
const INVALID = 0;
const INCOMPLETE = -1;
const MAX_LENGTH_BYTES = 4;
/** What the low bits of the first byte must be, by type. */
const TYPE_FLAGS = [16, 0, 0, 15, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, 0];

export class MqttMessage {
  type = 0;
  isFound = false;
  isNumber = false;
  number = 0;
  /** Of a text. */
  start = 0;
  end = 0;
  private u8: Uint8Array = new Uint8Array(0);
  private at = 0;
  private limit = 0;
  private wanted = 0;
  private isBroken = false;
  private isUnknown = false;
  private readonly seen = new Uint8Array(256);

  /** 1: valid; 0: not; -1: not complete. `wanted`: a field to be found on the way. */
  read(u8: Uint8Array, start: number, end: number, wanted: number): number {
    this.u8 = u8;
    this.wanted = wanted;
    this.isFound = false;
    this.isBroken = false;
    this.isUnknown = false;
    this.type = 0;
    if (end - start < 2) return INCOMPLETE;
    this.at = start + 1;
    this.limit = end;
    const first = u8[start] as number;
    const type = first >> 4;
    if ((first & 15) !== TYPE_FLAGS[type]) return INVALID;
    const length = this.varint();
    if (length < 0) return INVALID;
    if (end - this.at < length) return INCOMPLETE;
    if (type !== MQTT_CONNECT && type !== MQTT_CONNACK) return INVALID;
    this.limit = this.at + length;
    this.type = type;
    if (type === MQTT_CONNECT) this.connect();
    else this.connack();
    if (this.isUnknown) return INCOMPLETE;
    return this.isBroken || this.at !== this.limit ? INVALID : VALID;
  }

  private connect(): void {
    const nameEnd = this.text(FIELD_PROTOCOL_NAME);
    const name = nameEnd < 0 ? '' : String.fromCharCode(...this.u8.subarray(this.textStart, nameEnd));
    if (name !== 'MQTT' && name !== 'MQIsdp') this.isBroken = true;
    const version = this.integer(1, FIELD_PROTOCOL_VERSION);
    if (version < 3 || version > 5) this.isBroken = true;
    const flags = this.integer(1, FIELD_FLAGS);
    // One bit is reserved; a quality of service of 3 is refused only where nothing else speaks of a will.
    if ((flags & 1) !== 0 || (flags & 0x3c) === 0x18) this.isBroken = true;
    this.integer(2, FIELD_KEEPALIVE);
    if (this.isBroken) return;
    if (version === 5) this.properties(connectProperties, false);
    this.text(FIELD_CLIENT);
    if ((flags & 0x04) !== 0) {
      if (version === 5) this.properties(willProperties, false);
      this.text(FIELD_WILL_TOPIC);
      this.text(FIELD_WILL_PAYLOAD);
    }
    if ((flags & 0x80) !== 0) this.text(FIELD_USER);
    if ((flags & 0x40) !== 0) this.text(FIELD_PASSWORD);
  }

  private connack(): void {
    const isShort = this.limit - this.at === 2;
    const flags = this.integer(1, FIELD_FLAGS);
    if ((flags & 0xfe) !== 0) this.isBroken = true;
    this.integer(1, FIELD_REASON);
    if (this.isBroken) return;
    // The older ones are that short always; a newer one says at least that it has no properties.
    this.foundNumber(FIELD_PROTOCOL_VERSION, isShort ? 4 : 5);
    if (!isShort) this.properties(connackProperties, true);
  }

  /** `passes`: a property that is not known is no error, but there is no verdict. */
  private properties(known: ReadonlyMap<number, number>, passes: boolean): void {
    const length = this.varint();
    if (length < 0 || this.at + length > this.limit) this.isBroken = true;
    if (this.isBroken) return;
    // A number that is not there counts as zero.
    if ((known.get(this.wanted) ?? TEXT) >= 0) this.foundNumber(this.wanted, 0);
    const outer = this.limit;
    this.limit = this.at + length;
    this.seen.fill(0);
    let methodBytes = 0;
    let dataBytes = 0;
    while (this.at < this.limit && !this.isBroken) {
      const id = this.u8[this.at++] as number;
      const kind = known.get(id);
      if (kind === undefined) {
        if (passes) this.isUnknown = true;
        else this.isBroken = true;
        return;
      }
      if (this.seen[id] === 1 && id !== USER_PROPERTY) this.isBroken = true;
      this.seen[id] = 1;
      if (kind === TEXT) {
        this.text(id);
        const bytes = this.at - this.textStart;
        if (id === 18 && bytes === 0) this.isBroken = true;
        if (id === 21) methodBytes = bytes;
        if (id === 22) dataBytes = bytes;
      } else if (kind === TEXT_PAIR) {
        this.text(-1);
        this.text(-1);
      } else {
        const value = this.integer(kind === BOOLEAN ? 1 : kind, id);
        if ((kind === BOOLEAN && value > 1) || ((id === 33 || id === 39) && value === 0))
          this.isBroken = true;
        if (id === 36 && value > 1) this.isBroken = true;
      }
    }
    // Data for a method that is not named. Of CONNACK that is not asked.
    if (!passes && dataBytes > 0 && methodBytes === 0) this.isBroken = true;
    this.limit = outer;
  }

  private foundNumber(field: number, value: number): void {
    if (field !== this.wanted) return;
    this.isFound = true;
    this.isNumber = true;
    this.number = value;
  }

  private integer(bytes: number, field: number): number {
    if (this.at + bytes > this.limit) {
      this.isBroken = true;
      return 0;
    }
    let value = 0;
    for (let i = 0; i < bytes; i++) value = value * 256 + (this.u8[this.at++] as number);
    this.foundNumber(field, value);
    return value;
  }

  private textStart = 0;

  /** A length and so many bytes. Result: where they end, or -1. An empty one is not found. */
  private text(field: number): number {
    const length = this.integer(2, -1);
    if (this.isBroken || this.at + length > this.limit) {
      this.isBroken = true;
      return -1;
    }
    this.textStart = this.at;
    this.at += length;
    if (field === this.wanted && length > 0) {
      this.isFound = true;
      this.isNumber = false;
      this.start = this.textStart;
      this.end = this.at;
    }
    return this.at;
  }

  /** A number of seven bits a byte, lowest first; -1 when it does not end. */
  private varint(): number {
    let value = 0;
    for (let i = 0; i < MAX_LENGTH_BYTES && this.at < this.limit; i++) {
      const c = this.u8[this.at++] as number;
      value += (c & 0x7f) * 128 ** i;
      if (c < 0x80) return value;
    }
    return -1;
  }
}
