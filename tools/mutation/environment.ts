import path from 'node:path';
import { moduleGraphs } from './module-graph.ts';
import type { ModuleGraph, ModuleGraphs } from './module-graph.ts';
import { collector } from './test-files.ts';
import type { CollectedTest } from './test-files.ts';

/** Test files and the core, loaded together once. */
export interface Environment {
  readonly graph: ModuleGraph;
  /** The tests of this file (an absolute path) by id, loaded when first asked for; rejects with what loading threw. */
  readonly testsOf: (file: string) => Promise<ReadonlyMap<string, CollectedTest>>;
}

// Without the counting of coverage, code that is instrumented runs about as fast as code that isn't.
const counts = 'function stryCov_9fa48() {';

/** Graphs in which instrumented code counts who meets which mutant. */
export const counting: ModuleGraphs = moduleGraphs((code) => code);
/** Graphs in which it doesn't. */
export const plain: ModuleGraphs = moduleGraphs((code) => code.replace(counts, `${counts} return;`));

/** A fresh copy of everything, nothing of it loaded yet. */
export function environment(graphs: ModuleGraphs): Environment {
  const { vitest, enter, tests } = collector();
  const graph = graphs.create((specifier) => (specifier === 'vitest' ? vitest : undefined));
  const loaded = new Map<string, ReadonlyMap<string, CollectedTest>>();
  return {
    graph,
    testsOf: async (file) => {
      const known = loaded.get(file);
      if (known !== undefined) return known;
      enter(file);
      await graph.load(file);
      const found = new Map(tests.filter((test) => test.file === file).map((test) => [test.id, test]));
      loaded.set(file, found);
      return found;
    },
  };
}

/** The core that a test file imports, in the order of its imports. */
export async function coreOf({ graph }: Environment, file: string): Promise<readonly string[]> {
  return graph.importsOf(file, path.resolve('src'));
}
