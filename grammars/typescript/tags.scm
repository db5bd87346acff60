; What TypeScript and TSX files define and mention, besides what JavaScript has. See src/syntax/pattern.rs for the subset of the query language.
; inherits: ecma

(function_signature name: (_) @name) @definition.function
(abstract_class_declaration name: (_) @name (class_heritage)? @bases body: (_) @body) @definition.class
(interface_declaration name: (_) @name (extends_type_clause)? @bases body: (_) @body) @definition.interface
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(type_alias_declaration name: (_) @name value: (object_type) @body) @definition.interface
(type_alias_declaration name: (_) @name value: (intersection_type (object_type) @body)) @definition.interface
; Objects in a union, each with its own members.
((type_alias_declaration name: (_) @name value: [
    (union_type (object_type)) @body
    (union_type (union_type (object_type))) @body
    (union_type (union_type (union_type (object_type)))) @body
    (union_type (intersection_type (object_type))) @body
    (union_type (parenthesized_type (intersection_type (object_type)))) @body
    (intersection_type (intersection_type (object_type))) @body
    (intersection_type (parenthesized_type (union_type (object_type)))) @body])
  @definition.interface (#set! whole ""))
(type_alias_declaration name: (_) @name) @definition.type
; What a constant of a type is: its properties are members of that.
((variable_declarator name: (identifier) @name type: (_) value: (object)) @definition.variable (#set! in "module"))
; `using a = b()`, which this grammar reads as an assignment.
((assignment_expression "using" left: (identifier) @name) @definition.variable (#set! in "module"))
; What a constant is that is read only, or checked.
((variable_declarator name: (identifier) @name value: [
    (as_expression (object) @body)
    (satisfies_expression (object) @body)
    (satisfies_expression (as_expression (object) @body))
    (as_expression (satisfies_expression (object) @body))])
  @definition.variable (#set! in "module") (#set! holds "64"))
((variable_declarator name: (identifier) @name
    value: (as_expression (call_expression function: (member_expression property: (_) @receiver) arguments: (arguments (object) @body))))
  @definition.variable (#eq? @receiver "freeze") (#set! in "module") (#set! holds "64"))
((pair key: [(property_identifier) @name (string (string_fragment) @name)] value: (as_expression (object) @body))
  @definition.attribute (#set! in "constant") (#set! holds "12"))
((export_statement value: [(as_expression (object) @body) (satisfies_expression (object) @body) (satisfies_expression (as_expression (object) @body))])
  @scope.value (#set! in "module") (#set! holds "64"))
; `namespace a.b.c`: each in the one before it.
((internal_module name: (nested_identifier [
    (identifier) @name
    (property_identifier) @name
    (member_expression [
      (identifier) @name
      (property_identifier) @name
      (member_expression [(identifier) @name (property_identifier) @name])])]) body: (_) @body)
  @definition.module (#set! each "") (#set! nested ""))
(internal_module name: (_) @name body: (_) @body) @definition.module
(module name: (string (string_fragment) @name) body: (_) @body) @definition.module
(module name: (_) @name body: (_) @body) @definition.module
; Names in quotes.
((method_signature name: (string (string_fragment) @name)) @definition.method (#set! in "type value"))
((property_signature name: (string (string_fragment) @name)) @definition.attribute (#set! in "type value"))
(public_field_definition name: (string (string_fragment) @name)) @definition.attribute
(enum_assignment name: (string (string_fragment) @name)) @definition.variant
((method_signature name: (_) @name) @definition.method (#set! in "type value"))
(abstract_method_signature name: (_) @name) @definition.method
((property_signature name: (_) @name type: (type_annotation (object_type) @body)) @definition.attribute (#set! in "type") (#set! holds "32"))
((property_signature name: (_) @name) @definition.attribute (#set! in "type value"))
; `constructor(private name: string)`
((required_parameter [(accessibility_modifier) "readonly"] pattern: (identifier) @name) @definition.attribute (#set! in "method") (#set! hoist ""))
((optional_parameter [(accessibility_modifier) "readonly"] pattern: (identifier) @name) @definition.attribute (#set! in "method") (#set! hoist ""))
(public_field_definition name: (_) @name value: (arrow_function body: (_) @body)) @definition.method
(public_field_definition name: (_) @name) @definition.attribute
(enum_assignment name: (_) @name) @definition.variant
((enum_body name: [(property_identifier) @name (string (string_fragment) @name)]) @definition.variant (#set! each "") (#set! item "name"))

(type_identifier) @identifier
(ambient_declaration) @wrapper
