/**
 * The first messages of MQTT 3.1, 3.1.1 and 5.0. Specification: configuration manual 7.3.1 `mqtt_field_value`,
 * `mqtt_is_valid`; OASIS MQTT 3.1.1 and 5.0, chapters 2.2, 3.1 and 3.2; limits as observed on HAProxy 2.6.
 */
import { noArguments, takes, textOf } from '../argument.ts';
import { writeInteger } from '../casts.ts';
import { registerConverters } from '../converter-record.ts';
import { MqttMessage, mqttField, mqttType } from '../mqtt-message.ts';
import { T_BIN, T_BOOL, T_STR } from '../sample.ts';
import { nextScratch } from '../scratch.ts';

const message = new MqttMessage();

registerConverters(
  {
    name: 'mqtt_is_valid',
    arguments: noArguments,
    input: T_BIN,
    output: T_BOOL,
    doc: 'Whether it is a valid CONNECT or CONNACK of MQTT; nothing while it is not whole.',
    manual: '7.3.1',
    link: () => (sample) => {
      const verdict = message.read(sample.u8, sample.start, sample.end, 0);
      return verdict >= 0 && sample.setBool(verdict === 1);
    },
  },
  {
    name: 'mqtt_field_value',
    arguments: takes('string', 'string'),
    input: T_BIN,
    output: T_STR,
    doc: 'A field of a CONNECT or CONNACK of MQTT, by name, or a property by its number.',
    manual: '7.3.1',
    check: ([typeName, fieldName]) => {
      const name = textOf(typeName) ?? '';
      const type = mqttType(name);
      if (type === undefined) return `Unknown MQTT type '${name}'`;
      const field = textOf(fieldName) ?? '';
      return mqttField(type, field) === undefined
        ? `Unknown MQTT field name '${field}' for packet type '${name}'`
        : undefined;
    },
    link: ([typeName, fieldName]) => {
      const type = mqttType(textOf(typeName) ?? '') ?? 0;
      const field = mqttField(type, textOf(fieldName) ?? '') ?? 0;
      return (sample) => {
        const { u8 } = sample;
        if (message.read(u8, sample.start, sample.end, field) !== 1 || message.type !== type) return false;
        if (!message.isFound) return false;
        if (message.isNumber) {
          const area = nextScratch();
          return sample.setString(area, 0, writeInteger(message.number, area, 0));
        }
        return sample.setString(u8, message.start, message.end);
      };
    },
  },
);
