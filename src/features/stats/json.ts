/**
 * Statistics as JSON: one array of objects for each line of statistics, and the schema of it.
 * Specification: management manual 9.3 `show stat … json`, `show schema json`; the shape as HAProxy 2.6 has it.
 */
import { FIELDS, type Row, tagsOf } from './fields.ts';
import { PROCESS_NUMBER } from './typed.ts';

const OBJECTS = ['Frontend', 'Backend', 'Server', 'Listener'] as const;
const ORIGINS = { M: 'Metric', S: 'Status', K: 'Key', C: 'Config', P: 'Product' } as const;
const NATURES = {
  G: 'Gauge',
  L: 'Limit',
  m: 'Min',
  M: 'Max',
  R: 'Rate',
  C: 'Counter',
  D: 'Duration',
  A: 'Age',
  T: 'Time',
  N: 'Name',
  O: 'Output',
  a: 'Avg',
} as const;
const SCOPES = { C: 'Cluster', P: 'Process', S: 'Service', s: 'System' } as const;

export const JSON_START = '[';
export const JSON_END = ']\n';

export function jsonObjects(row: Row): string {
  const objType = OBJECTS[Number(row.type)];
  const values: unknown[] = [];
  for (const field of FIELDS) {
    const value = row[field.name];
    if (value === undefined) continue;
    const [origin, nature, scope] = tagsOf(field, row.type);
    values.push({
      objType,
      proxyId: row.iid,
      id: row.sid,
      field: { pos: field.position, name: field.name },
      processNum: PROCESS_NUMBER,
      tags: {
        origin: ORIGINS[origin as keyof typeof ORIGINS],
        nature: NATURES[nature as keyof typeof NATURES],
        scope: SCOPES[scope as keyof typeof SCOPES],
      },
      value: { type: field.type, value },
    });
  }
  // Names are latin1; whoever reads JSON expects UTF-8, and escapes are both.
  return JSON.stringify(values).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const number = (minimum: number, maximum: number): object => ({ type: 'integer', minimum, maximum });
const ref = (name: string): object => ({ $ref: `#/definitions/${name}` });
const typed = (type: string, value: object): object => ({
  properties: { type: { type: 'string', enum: [type] }, value },
  required: ['type', 'value'],
});
const COMMON = {
  field: ref('field'),
  processNum: ref('processNum'),
  tags: ref('tags'),
  value: ref('typedValue'),
};
const TYPED_VALUES = {
  s32Value: typed('s32', number(-(2 ** 31), 2 ** 31 - 1)),
  s64Value: typed('s64', number(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
  u32Value: typed('u32', number(0, 2 ** 32 - 1)),
  u64Value: typed('u64', number(0, Number.MAX_SAFE_INTEGER)),
  strValue: typed('str', { type: 'string' }),
};
const names = (values: Readonly<Record<string, string>>): object => ({
  type: 'string',
  enum: [...Object.values(values), 'Unknown'],
});

const SCHEMA = {
  $schema: 'http://json-schema.org/draft-04/schema#',
  oneOf: [
    {
      title: 'Info',
      type: 'array',
      items: {
        title: 'InfoItem',
        type: 'object',
        properties: COMMON,
        required: ['field', 'processNum', 'tags', 'value'],
      },
    },
    {
      title: 'Stat',
      type: 'array',
      items: {
        title: 'StatItem',
        type: 'object',
        properties: {
          objType: { enum: [...OBJECTS, 'Unknown'] },
          proxyId: { type: 'integer', minimum: 0 },
          id: { type: 'integer', minimum: 0 },
          ...COMMON,
        },
        required: ['objType', 'proxyId', 'id', 'field', 'processNum', 'tags', 'value'],
      },
    },
    {
      title: 'Error',
      type: 'object',
      properties: { errorStr: { type: 'string' } },
      required: ['errorStr'],
    },
  ],
  definitions: {
    field: {
      type: 'object',
      properties: { pos: { type: 'integer', minimum: 0 }, name: { type: 'string' } },
      required: ['pos', 'name'],
    },
    processNum: { type: 'integer', minimum: 1 },
    tags: {
      type: 'object',
      properties: { origin: names(ORIGINS), nature: names(NATURES), scope: names(SCOPES) },
      required: ['origin', 'nature', 'scope'],
    },
    typedValue: {
      type: 'object',
      oneOf: Object.keys(TYPED_VALUES).map((name) => ref(`typedValue/definitions/${name}`)),
      definitions: TYPED_VALUES,
    },
  },
};

export const JSON_SCHEMA = `${JSON.stringify(SCHEMA)}\n`;
