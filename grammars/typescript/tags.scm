; What TypeScript and TSX files define, mention and import. See src/syntax/pattern.rs for the subset of the query language.

[(function_declaration name: (_) @name body: (_) @body) (generator_function_declaration name: (_) @name body: (_) @body)] @definition.function
(function_signature name: (_) @name) @definition.function
[(class_declaration name: (_) @name (class_heritage)? @bases body: (_) @body) (abstract_class_declaration name: (_) @name (class_heritage)? @bases body: (_) @body)] @definition.class
(interface_declaration name: (_) @name (extends_type_clause)? @bases body: (_) @body) @definition.interface
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(type_alias_declaration name: (_) @name value: (object_type) @body) @definition.interface
(type_alias_declaration name: (_) @name) @definition.type
(internal_module name: (_) @name body: (_) @body) @definition.module
(module name: (string (string_fragment) @name) body: (_) @body) @definition.module
(module name: (_) @name body: (_) @body) @definition.module
; Names in quotes.
(method_definition name: (string (string_fragment) @name) body: (_) @body) @definition.method
((method_signature name: (string (string_fragment) @name)) @definition.method (#set! in "type"))
((property_signature name: (string (string_fragment) @name)) @definition.attribute (#set! in "type"))
(public_field_definition name: (string (string_fragment) @name)) @definition.attribute
(enum_assignment name: (string (string_fragment) @name)) @definition.variant
(method_definition name: (_) @name body: (_) @body) @definition.method
((method_signature name: (_) @name) @definition.method (#set! in "type"))
(abstract_method_signature name: (_) @name) @definition.method
((property_signature name: (_) @name) @definition.attribute (#set! in "type"))
; `constructor(private name: string)`
((required_parameter (accessibility_modifier) pattern: (identifier) @name) @definition.attribute (#set! in "method") (#set! hoist ""))
(public_field_definition name: (_) @name value: (arrow_function body: (_) @body)) @definition.method
(public_field_definition name: (_) @name) @definition.attribute
(enum_assignment name: (_) @name) @definition.variant
((enum_body name: (property_identifier) @name) @definition.variant (#set! each "") (#set! item "name"))
((pair key: (property_identifier) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.method (#set! in "module"))
((assignment_expression left: (member_expression object: (this) property: (_) @name)) @definition.attribute (#set! in "method") (#set! hoist ""))
((variable_declarator name: (identifier) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function)
((variable_declarator name: (identifier) @name value: (class (class_heritage)? @bases body: (_) @body)) @definition.class)
((variable_declarator name: (identifier) @name) @definition.variable (#set! in "module"))
; `export const { a, b: c } = d`. What is not exported is mostly imported so.
((export_statement declaration: (lexical_declaration (variable_declarator name: [
    (object_pattern [
      (shorthand_property_identifier_pattern) @name
      (pair_pattern value: (identifier) @name)
      (object_assignment_pattern left: (shorthand_property_identifier_pattern) @name)])
    (array_pattern (identifier) @name)])))
  @definition.variable (#set! in "module") (#set! each ""))

((export_statement source: (_)) @import.reexport)
(import_statement) @import

[(identifier) (type_identifier) (property_identifier) (shorthand_property_identifier) (shorthand_property_identifier_pattern) (private_property_identifier)] @identifier
[(comment)] @comment
[(string) (template_string)] @string
[(export_statement) (expression_statement)] @wrapper
[(lexical_declaration) (variable_declaration)] @wrapper.line
(ambient_declaration) @wrapper
(decorator) @attribute
