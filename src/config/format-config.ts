import { Document, isCollection, isMap, isScalar } from 'yaml';
import type { Node } from 'yaml';
import type { Config } from './parse-config.ts';
import type { Setting } from './setting.ts';
import { allSettings, settingKeys } from './settings-table.ts';

/** `--print-config`: the configuration in effect as a file that says the same, each value with where it comes from. */
export function formatConfig({ values, origins }: Config): string {
  const document = new Document({});
  for (const key of settingKeys) {
    const json = (allSettings[key] as Setting<unknown>).type.toJson(values[key]);
    if (json === undefined) continue;
    const value = document.createNode(json);
    if (isCollection(value)) value.flow = true;
    const path = key.split('.');
    const name = document.createNode(path.at(-1));
    name.commentBefore = ` ${origins.get(key) ?? 'default'}`;
    addPair(document, path.slice(0, -1), name, value);
  }
  return document.toString({ lineWidth: 0 });
}

function addPair(document: Document, parents: readonly string[], name: Node, value: Node): void {
  let map: unknown = document.contents;
  for (const parent of parents) {
    if (!isMap(map)) return;
    if (!map.has(parent)) map.add({ key: document.createNode(parent), value: document.createNode({}) });
    map = map.items.find(({ key }) => isScalar(key) && key.value === parent)?.value;
  }
  if (isMap(map)) map.add({ key: name, value });
}
