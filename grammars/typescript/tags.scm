; What TypeScript and TSX files define and mention, besides what JavaScript has. See src/syntax/pattern.rs for the subset of the query language.
; inherits: ecma

(function_signature name: (_) @name) @definition.function
(abstract_class_declaration name: (_) @name (class_heritage)? @bases body: (_) @body) @definition.class
(interface_declaration name: (_) @name (extends_type_clause)? @bases body: (_) @body) @definition.interface
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(type_alias_declaration name: (_) @name value: (object_type) @body) @definition.interface
(type_alias_declaration name: (_) @name value: (intersection_type (object_type) @body)) @definition.interface
(type_alias_declaration name: (_) @name) @definition.type
(internal_module name: (_) @name body: (_) @body) @definition.module
(module name: (string (string_fragment) @name) body: (_) @body) @definition.module
(module name: (_) @name body: (_) @body) @definition.module
; Names in quotes.
((method_signature name: (string (string_fragment) @name)) @definition.method (#set! in "type"))
((property_signature name: (string (string_fragment) @name)) @definition.attribute (#set! in "type"))
(public_field_definition name: (string (string_fragment) @name)) @definition.attribute
(enum_assignment name: (string (string_fragment) @name)) @definition.variant
((method_signature name: (_) @name) @definition.method (#set! in "type"))
(abstract_method_signature name: (_) @name) @definition.method
((property_signature name: (_) @name) @definition.attribute (#set! in "type"))
; `constructor(private name: string)`
((required_parameter (accessibility_modifier) pattern: (identifier) @name) @definition.attribute (#set! in "method") (#set! hoist ""))
(public_field_definition name: (_) @name value: (arrow_function body: (_) @body)) @definition.method
(public_field_definition name: (_) @name) @definition.attribute
(enum_assignment name: (_) @name) @definition.variant
((enum_body name: (property_identifier) @name) @definition.variant (#set! each "") (#set! item "name"))

(type_identifier) @identifier
(ambient_declaration) @wrapper
