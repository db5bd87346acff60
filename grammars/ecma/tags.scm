; What files of JavaScript and of TypeScript define, mention and import. See src/syntax/pattern.rs for the subset of the query language.

[(function_declaration name: (_) @name body: (_) @body) (generator_function_declaration name: (_) @name body: (_) @body)] @definition.function
(class_declaration name: (_) @name (class_heritage)? @bases body: (_) @body) @definition.class
(method_definition name: (string (string_fragment) @name) body: (_) @body) @definition.method
(method_definition name: (_) @name body: (_) @body) @definition.method
((assignment_expression left: (member_expression object: (this) property: (_) @name)) @definition.attribute (#set! in "method type") (#set! hoist ""))
((assignment_expression left: (member_expression object: (member_expression object: (identifier) @container property: (_) @receiver) property: (_) @name)
  right: (function_expression body: (_) @body)) @definition.method (#eq? @receiver "prototype"))
((assignment_expression left: (member_expression object: (member_expression object: (identifier) @container property: (_) @receiver) property: (_) @name))
  @definition.attribute (#eq? @receiver "prototype") (#set! in "module"))
; The members of all that a function of the old kind makes.
((assignment_expression left: (member_expression object: (identifier) @name property: (_) @receiver) right: (object) @body)
  @scope.impl (#eq? @receiver "prototype") (#set! in "module") (#set! holds "64"))
((expression_statement (call_expression
    function: (member_expression property: (_) @target)
    arguments: (arguments (member_expression object: (identifier) @name property: (_) @receiver) (object) @body)))
  @scope.impl (#eq? @target "assign") (#eq? @receiver "prototype") (#set! in "module") (#set! holds "64"))
; What a constructor of the old kind sets.
((assignment_expression left: (member_expression object: (this) property: (_) @name)
  right: [(function_expression body: (_) @body) (arrow_function body: (_) @body)]) @definition.method (#set! in "function"))
((expression_statement (call_expression
    function: (member_expression property: (_) @target)
    arguments: (arguments (member_expression object: (identifier) @container property: (_) @receiver) (string (string_fragment) @name))))
  @definition.attribute (#eq? @target "defineProperty") (#eq? @receiver "prototype") (#set! in "module"))
; `module.exports = function name() {}`
((assignment_expression left: (member_expression property: (_) @receiver) right: (function_expression name: (_) @name body: (_) @body))
  @definition.function (#eq? @receiver "exports") (#set! in "module"))
((assignment_expression left: (member_expression property: (_) @receiver) right: (class name: (_) @name (class_heritage)? @bases body: (_) @body))
  @definition.class (#eq? @receiver "exports") (#set! in "module"))
((assignment_expression left: [(identifier) @name (member_expression property: (_) @name)] right: (class (class_heritage)? @bases body: (_) @body))
  @definition.class (#set! in "module"))
((pair key: [(property_identifier) @name (string (string_fragment) @name)] value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)])
  @definition.method (#set! in "module value"))
; The properties of what a constant is, and of what these are. Those of larger objects are entries of a table, which nobody knows by name.
((pair key: [(property_identifier) @name (string (string_fragment) @name)] value: (object) @body)
  @definition.attribute (#set! in "constant") (#set! holds "12"))
((pair key: [(property_identifier) @name (string (string_fragment) @name)]) @definition.attribute (#set! in "value"))
; What a file hands on as a whole has no name.
((assignment_expression left: (member_expression object: (identifier) @receiver property: (_) @target) right: (object) @body)
  @scope.value (#eq? @receiver "module") (#eq? @target "exports") (#set! in "module") (#set! holds "64"))
((export_statement value: (object) @body) @scope.value (#set! in "module") (#set! holds "64"))
((assignment_expression left: [(member_expression object: (identifier) @receiver property: (_) @name)
    (member_expression object: (member_expression property: (_) @receiver) property: (_) @name)] right: (object) @body)
  @definition.variable (#eq? @receiver "exports") (#set! in "module") (#set! holds "64"))
; What is set on a function or an object is its own, but for what is everybody's.
((assignment_expression left: (member_expression object: (identifier) @container property: (_) @name)
  right: [(function_expression body: (_) @body) (arrow_function body: (_) @body)]) @definition.method (#set! in "module")
  (#not-eq? @container "exports") (#not-eq? @container "window") (#not-eq? @container "globalThis") (#not-eq? @container "global") (#not-eq? @container "self"))
((assignment_expression left: (member_expression property: (_) @name) right: (function_expression body: (_) @body)) @definition.function (#set! in "module"))
; `exports.a = exports.b = function () {}`: the first is another name for what follows.
((assignment_expression left: (member_expression object: (identifier) @receiver property: (_) @name) right: (assignment_expression right: (function_expression)))
  @definition.function (#eq? @receiver "exports") (#set! in "module"))
((assignment_expression left: (member_expression object: (identifier) @receiver property: (_) @name) right: (assignment_expression right: (arrow_function)))
  @definition.function (#eq? @receiver "exports") (#set! in "module"))
((assignment_expression left: (member_expression property: (_) @name) right: (arrow_function body: (_) @body)) @definition.function (#set! in "module"))
((assignment_expression left: (identifier) @name right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)])
  @definition.function (#set! in "module"))
((assignment_expression left: [(member_expression object: (identifier) @receiver property: (_) @name)
    (member_expression object: (member_expression property: (_) @receiver) property: (_) @name)]
  right: [(object) (array) (new_expression) (call_expression) (string) (template_string) (number) (regex) (true) (false)])
  @definition.variable (#eq? @receiver "exports") (#set! in "module"))
; In a block that runs when its class is made.
((assignment_expression left: (member_expression object: (identifier) @container property: (_) @name)) @definition.attribute (#set! in "type"))
((variable_declarator name: (identifier) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function)
((variable_declarator name: (identifier) @name value: (class (class_heritage)? @bases body: (_) @body)) @definition.class)
((variable_declarator name: (identifier) @name value: (object) @body) @definition.variable (#set! in "module") (#set! holds "64"))
((variable_declarator name: (identifier) @name
    value: (call_expression function: (member_expression property: (_) @receiver) arguments: (arguments (object) @body)))
  @definition.variable (#eq? @receiver "freeze") (#set! in "module") (#set! holds "64"))
((variable_declarator name: (identifier) @name) @definition.variable (#set! in "module"))
; `export const { a, b: c } = d`. What is not exported is mostly imported so.
((export_statement declaration: (lexical_declaration (variable_declarator name: [
    (object_pattern [
      (shorthand_property_identifier_pattern) @name
      (pair_pattern value: [
        (identifier) @name
        (assignment_pattern left: (identifier) @name)
        (object_pattern [
          (shorthand_property_identifier_pattern) @name
          (pair_pattern value: (identifier) @name)
          (object_assignment_pattern left: (shorthand_property_identifier_pattern) @name)
          (rest_pattern (identifier) @name)])
        (array_pattern [(identifier) @name (rest_pattern (identifier) @name)])])
      (object_assignment_pattern left: (shorthand_property_identifier_pattern) @name)
      (rest_pattern (identifier) @name)])
    (array_pattern [
      (identifier) @name
      (assignment_pattern left: (identifier) @name)
      (array_pattern [(identifier) @name (rest_pattern (identifier) @name)])
      (object_pattern [
        (shorthand_property_identifier_pattern) @name
        (pair_pattern value: (identifier) @name)
        (object_assignment_pattern left: (shorthand_property_identifier_pattern) @name)
        (rest_pattern (identifier) @name)])
      (rest_pattern (identifier) @name)])])))
  @definition.variable (#set! in "module") (#set! each ""))

((export_statement source: (_)) @import.reexport)
((export_statement (export_clause (export_specifier alias: (_)))) @import.reexport)
((variable_declarator value: (call_expression function: (identifier) @target)) @import (#eq? @target "require"))
(import_statement) @import

[(identifier) (property_identifier) (shorthand_property_identifier) (shorthand_property_identifier_pattern) (private_property_identifier)] @identifier
[(comment)] @comment
[(string) (template_string)] @string
[(export_statement) (expression_statement)] @wrapper
[(lexical_declaration) (variable_declaration)] @wrapper.line
(decorator) @attribute
