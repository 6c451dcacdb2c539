import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { SourceTextModule, SyntheticModule } from 'node:vm';
import type { Module } from 'node:vm';

export interface ModuleGraph {
  /** Evaluates this file (an absolute path) and what it imports, once in this graph; rejects with what it threw. */
  readonly load: (file: string) => Promise<void>;
  /** The files under this folder that the file imports, itself included, directly or not; evaluates nothing. */
  readonly importsOf: (file: string, folder: string) => Promise<readonly string[]>;
}

export interface ModuleGraphs {
  /** A graph in which nothing is evaluated yet; `provide` answers for packages that are to be others there. */
  readonly create: (provide: (specifier: string) => object | undefined) => ModuleGraph;
}

/**
 * Graphs of ES modules in this process, each with its own copy of every file, so that what runs while a module is
 * evaluated can run again. Packages and Node's own modules are evaluated once and shared by all graphs. A graph that
 * nobody holds any more is collected, which is why these are node:vm's modules, not `import()` with a query.
 *
 * @param edit changes a file's JavaScript before it is compiled.
 */
export function moduleGraphs(edit: (code: string) => string): ModuleGraphs {
  const scripts = new Map<string, string>();
  const packages = new Map<string, Promise<Module>>();

  function compile(file: string): SourceTextModule {
    let code = scripts.get(file);
    if (code === undefined) {
      code = edit(stripTypeScriptTypes(readFileSync(file, 'utf8')));
      scripts.set(file, code);
    }
    return new SourceTextModule(code, {
      identifier: file,
      initializeImportMeta: (meta) => {
        meta.url = pathToFileURL(file).href;
      },
    });
  }

  async function sharedPackage(specifier: string): Promise<Module> {
    let module = packages.get(specifier);
    if (module === undefined) {
      module = import(specifier).then(synthetic);
      packages.set(specifier, module);
    }
    return module;
  }

  return {
    create: (provide) => {
      const modules = new Map<string, Module>();

      async function moduleOf(specifier: string, referrer: string): Promise<Module> {
        if (!specifier.startsWith('.')) {
          const provided = provide(specifier);
          return provided === undefined ? sharedPackage(specifier) : synthetic(provided);
        }
        return fileModule(path.resolve(path.dirname(referrer), specifier));
      }

      async function fileModule(file: string): Promise<Module> {
        const known = modules.get(file);
        if (known !== undefined) return known;
        if (file.endsWith('.json')) {
          const module = synthetic({ default: JSON.parse(readFileSync(file, 'utf8')) as unknown });
          modules.set(file, module);
          return module;
        }
        const module = compile(file);
        modules.set(file, module);
        const requested: Module[] = [];
        for (const { specifier } of module.moduleRequests) requested.push(await moduleOf(specifier, file));
        module.linkRequests(requested);
        return module;
      }

      return {
        load: async (file) => {
          const module = await fileModule(file);
          if (module instanceof SourceTextModule && module.status === 'unlinked') module.instantiate();
          await module.evaluate();
        },
        importsOf: async (file, folder) => {
          await fileModule(file);
          return [...modules.keys()].filter((known) => known.startsWith(folder + path.sep));
        },
      };
    },
  };
}

function synthetic(namespace: object): SyntheticModule {
  const entries = Object.entries(namespace);
  return new SyntheticModule(
    entries.map(([name]) => name),
    function evaluate(this: SyntheticModule) {
      for (const [name, value] of entries) this.setExport(name, value);
    },
  );
}
