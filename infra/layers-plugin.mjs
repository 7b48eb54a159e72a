// A lint rule of our own, `tributary/layers`: holds every file to the list in layers.mjs. Oxlint's own
// rules for imports would need a copy of all patterns for each folder, because where two of their
// settings apply to a file, the later one replaces the earlier one.
import { relative, sep } from "node:path";
import { folderFault, globalFault, importFault } from "./layer-faults.mjs";

/**
 * The parts of a syntax tree that the rule looks at, as ESTree defines them.
 * @typedef {object} Node
 * @property {string} type
 * @property {Node | null} [source] - Of an import or a re-export: the string that names the module.
 * @property {unknown} [value] - Of a string.
 * @property {string} [name] - Of an identifier.
 * @property {Node} [parent]
 * @property {Node} [object] - Of `Date.now`: `Date`.
 * @property {Node} [property] - Of `Date.now`: `now`.
 */

/**
 * The parts of a rule's context that the rule uses, as ESLint defines them.
 * @typedef {object} Context
 * @property {string} filename
 * @property {string} cwd - Where oxlint was started: the top of the repository.
 * @property {{ readonly scopeManager: { readonly globalScope: Scope | null } }} sourceCode
 * @property {(fault: { readonly node: Node; readonly message: string }) => void} report
 */

/** @typedef {{ readonly identifier: Node }} Reference */

/**
 * @typedef {object} Scope
 * @property {readonly Reference[]} through - Uses of names that nothing declares.
 * @property {readonly { readonly defs: readonly unknown[]; readonly references: readonly Reference[] }[]} variables
 */

const layers = {
  /** @param {Context} context */
  create(context) {
    const file = relative(context.cwd, context.filename).split(sep).join("/");
    /**
     * @param {Node} node
     * @param {string | undefined} message
     */
    const report = (node, message) => {
      if (message !== undefined) context.report({ node, message });
    };
    /** @param {Node} node - An import, or an export that may come from another module. */
    const checkSource = ({ source }) => {
      if (typeof source?.value === "string") report(source, importFault(file, source.value));
    };
    return {
      /** @param {Node} program */
      Program(program) {
        report(program, folderFault(file));
        for (const { identifier } of globalReferences(
          context.sourceCode.scopeManager.globalScope,
        )) {
          report(
            identifier,
            namesOf(identifier)
              .map((name) => globalFault(file, name))
              .find((fault) => fault !== undefined),
          );
        }
      },
      ImportDeclaration: checkSource,
      ExportNamedDeclaration: checkSource,
      ExportAllDeclaration: checkSource,
      ImportExpression: checkSource,
      TSImportType: checkSource,
    };
  },
};

/**
 * @param {Scope | null} scope
 * @returns {readonly Reference[]} Uses of what the platform declares, known to oxlint or not.
 */
function globalReferences(scope) {
  if (scope === null) return [];
  const known = scope.variables.filter(({ defs }) => defs.length === 0);
  return [...known.flatMap(({ references }) => references), ...scope.through];
}

/**
 * @param {Node} identifier
 * @returns {readonly string[]} `Date` and, where that is what is used of it, `Date.now`.
 */
function namesOf(identifier) {
  const name = identifier.name ?? "";
  const { parent } = identifier;
  if (parent?.type !== "MemberExpression" || parent.object !== identifier) return [name];
  return [name, `${name}.${parent.property?.name ?? String(parent.property?.value)}`];
}

export default { meta: { name: "tributary" }, rules: { layers } };
