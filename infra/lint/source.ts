import { type BindingPattern, type ParamPattern, parseSync, type StringLiteral, Visitor } from "oxc-parser"
import { ambientGlobals, ambientMembers, type Rule } from "./architecture.ts"

/** One import, re-export, dynamic import or import type. `erased` imports leave no trace at run time. */
export interface Import {
  readonly specifier: string
  readonly line: number
  readonly erased: boolean
  readonly names: ReadonlyArray<string>
}

/** A construct that some layer forbids, found whatever the layer is; `layers.ts` decides whether it applies. */
export interface Construct {
  readonly rule: Rule
  readonly line: number
  readonly what: string
}

export interface Source {
  readonly imports: ReadonlyArray<Import>
  readonly constructs: ReadonlyArray<Construct>
}

const boundNames = (pattern: BindingPattern | ParamPattern): ReadonlyArray<string> => {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name]
    case "AssignmentPattern":
      return boundNames(pattern.left)
    case "RestElement":
      return boundNames(pattern.argument)
    case "TSParameterProperty":
      return boundNames(pattern.parameter)
    case "ArrayPattern":
      return pattern.elements.flatMap((element) =>
        element === null ? [] : boundNames(element.type === "RestElement" ? element.argument : element)
      )
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        boundNames(property.type === "RestElement" ? property.argument : property.value)
      )
  }
}

/**
 * Reads one file's imports and constructs from its syntax tree. A global counts as used when its name is read and the
 * file declares no such name itself.
 */
export const read = (file: string, text: string): Source => {
  const parsed = parseSync(file, text)
  const lineStarts = [...text.matchAll(/^/gmu)].map((match) => match.index)
  const lineOf = (offset: number): number => {
    const next = lineStarts.findIndex((start) => start > offset)
    return next === -1 ? lineStarts.length : next
  }

  const imports: Array<Import> = []
  const constructs: Array<Construct> = []
  const declared = new Set<string>()
  const notReferences = new Set<number>()
  const identifiers: Array<{ readonly name: string; readonly start: number }> = []

  const found = (rule: Rule, offset: number, what: string): void => {
    constructs.push({ rule, line: lineOf(offset), what })
  }
  const imported = (source: StringLiteral, erased: boolean, names: ReadonlyArray<string> = []): void => {
    imports.push({ specifier: source.value, line: lineOf(source.start), erased, names })
  }
  const declare = (patterns: ReadonlyArray<BindingPattern | ParamPattern>): void => {
    for (const name of patterns.flatMap(boundNames)) declared.add(name)
  }
  const isNotReference = (node: { readonly start: number }): void => {
    notReferences.add(node.start)
  }
  const key = (node: { readonly key: { readonly start: number }; readonly computed: boolean }): void => {
    if (!node.computed) isNotReference(node.key)
  }
  const callable = (node: {
    readonly async: boolean
    readonly start: number
    readonly params: ReadonlyArray<ParamPattern>
  }): void => {
    declare(node.params)
    if (node.async) found("core-async", node.start, "an async function")
  }

  new Visitor({
    ImportDeclaration: (node) => {
      for (const specifier of node.specifiers) declared.add(specifier.local.name)
      imported(
        node.source,
        node.importKind === "type",
        node.specifiers.map((each) =>
          each.type === "ImportSpecifier" && each.imported.type === "Identifier" ? each.imported.name : each.local.name
        )
      )
    },
    ImportSpecifier: (node) => isNotReference(node.imported),
    ExportNamedDeclaration: (node) => {
      if (node.source === null) return
      imported(node.source, node.exportKind === "type")
      for (const specifier of node.specifiers) isNotReference(specifier.local)
    },
    ExportAllDeclaration: (node) => {
      imported(node.source, node.exportKind === "type")
      if (node.exported !== null) isNotReference(node.exported)
    },
    ExportSpecifier: (node) => isNotReference(node.exported),
    ImportExpression: (node) => {
      if (node.source.type === "Literal" && typeof node.source.value === "string") {
        imports.push({ specifier: node.source.value, line: lineOf(node.start), erased: false, names: [] })
      }
      found("core-async", node.start, "a dynamic import")
    },
    TSImportType: (node) => imported(node.source, true),
    TSExternalModuleReference: (node) => imported(node.expression, false),

    VariableDeclarator: (node) => declare([node.id]),
    FunctionDeclaration: (node) => {
      callable(node)
      if (node.id !== null) declared.add(node.id.name)
    },
    FunctionExpression: callable,
    ArrowFunctionExpression: callable,
    TSFunctionType: (node) => declare(node.params),
    TSMethodSignature: (node) => {
      key(node)
      declare(node.params)
    },
    ClassDeclaration: (node) => {
      if (node.id !== null) declared.add(node.id.name)
    },
    CatchClause: (node) => {
      if (node.param !== null) declare([node.param])
    },

    Identifier: (node) => {
      identifiers.push(node)
    },
    Property: (node) => {
      if (!node.shorthand) key(node)
    },
    MethodDefinition: key,
    PropertyDefinition: key,
    TSPropertySignature: key,
    TSNamedTupleMember: (node) => isNotReference(node.label),
    TSQualifiedName: (node) => isNotReference(node.right),
    LabeledStatement: (node) => isNotReference(node.label),

    MemberExpression: (node) => {
      if (!node.computed) isNotReference(node.property)
      if (node.object.type !== "Identifier" || node.property.type !== "Identifier") return
      const name = `${node.object.name}.${node.property.name}`
      if (ambientMembers.has(name)) found("ambient", node.start, name)
      if (node.object.name === "Promise") found("core-async", node.start, name)
      if (/^(Effect|ManagedRuntime|Runtime|Fiber)$/u.test(node.object.name) && /^run[A-Z]/u.test(node.property.name)) {
        found("core-run", node.start, name)
      }
    },
    MetaProperty: (node) => {
      if (node.meta.name === "import") found("ambient", node.start, "import.meta")
    },
    NewExpression: (node) => {
      if (node.callee.type !== "Identifier") return
      if (node.callee.name === "Promise") found("core-async", node.start, "new Promise")
      if (node.callee.name !== "Date" || node.arguments.length === 1) return
      found("ambient", node.start, node.arguments.length === 0 ? "new Date()" : "new Date in the local time zone")
    },
    CallExpression: (node) => {
      if (node.callee.type !== "Identifier") return
      if (node.callee.name === "Date") found("ambient", node.start, "Date()")
      const argument = node.arguments[0]
      if (node.callee.name === "require" && argument?.type === "Literal" && typeof argument.value === "string") {
        imports.push({ specifier: argument.value, line: lineOf(node.start), erased: false, names: [] })
      }
    },

    TryStatement: (node) => found("core-try", node.start, "try"),
    AwaitExpression: (node) => found("core-async", node.start, "await"),
    ForOfStatement: (node) => {
      if (node.await) found("core-async", node.start, "for await")
    },
    TSAnyKeyword: (node) => found("no-any", node.start, "any"),
    TSTypeAssertion: (node) => found("no-cast", node.start, "a type assertion"),
    TSAsExpression: (node) => {
      const type = node.typeAnnotation
      const isConst =
        type.type === "TSTypeReference" && type.typeName.type === "Identifier" && type.typeName.name === "const"
      if (!isConst) found("no-cast", node.start, "as")
      else isNotReference(type.typeName)
    }
  }).visit(parsed.program)

  for (const { name, start } of identifiers) {
    if (ambientGlobals.has(name) && !declared.has(name) && !notReferences.has(start)) found("ambient", start, name)
  }
  for (const comment of parsed.comments) {
    const suppression = /@ts-(ignore|nocheck|expect-error)|eslint-disable|knip-ignore/u.exec(comment.value)
    if (suppression !== null) found("no-suppression", comment.start, suppression[0])
  }
  for (const error of parsed.errors) found("syntax", error.labels[0]?.start ?? 0, error.message)

  return { imports, constructs }
}
