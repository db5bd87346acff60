; What Go files define, mention and import. See src/syntax/pattern.rs for the subset of the query language.

(function_declaration name: (_) @name body: (_) @body) @definition.function
; Written in assembly.
(function_declaration name: (_) @name) @definition.function
(method_declaration receiver: (parameter_list (parameter_declaration type: (pointer_type (type_identifier) @container))) name: (_) @name body: (_) @body) @definition.method
(method_declaration receiver: (parameter_list (parameter_declaration type: (type_identifier) @container)) name: (_) @name body: (_) @body) @definition.method
(method_declaration receiver: (parameter_list (parameter_declaration type: (pointer_type (generic_type type: (_) @container)))) name: (_) @name body: (_) @body) @definition.method
(method_declaration receiver: (parameter_list (parameter_declaration type: (generic_type type: (_) @container))) name: (_) @name body: (_) @body) @definition.method
(type_spec name: (_) @name type: (struct_type) @body) @definition.struct
(type_spec name: (_) @name type: (interface_type) @body) @definition.interface
(type_spec name: (_) @name) @definition.type
(type_alias name: (_) @name) @definition.type
((field_declaration name: (field_identifier) @name) @definition.attribute (#set! each ""))
; Embedded types are fields of their own name.
(field_declaration type: [(type_identifier) @name (qualified_type name: (_) @name) (generic_type type: [(type_identifier) @name (qualified_type name: (_) @name)])]) @definition.attribute
(method_elem name: (_) @name) @definition.method
((const_spec name: (identifier) @name) @definition.constant (#not-eq? @name "_") (#set! in "module") (#set! each ""))
((var_spec name: (identifier) @name) @definition.variable (#not-eq? @name "_") (#set! in "module") (#set! each ""))

(import_spec) @import

[(identifier) (type_identifier) (field_identifier) (package_identifier)] @identifier
(comment) @comment
[(interpreted_string_literal) (raw_string_literal)] @string
[(type_declaration) (const_declaration) (var_declaration)] @wrapper.line
