; What Go files define, mention and import. See src/syntax/pattern.rs for the subset of the query language.

(function_declaration name: (_) @name body: (_) @body) @definition.function
(method_declaration receiver: (parameter_list (parameter_declaration type: (pointer_type (type_identifier) @container))) name: (_) @name body: (_) @body) @definition.method
(method_declaration receiver: (parameter_list (parameter_declaration type: (type_identifier) @container)) name: (_) @name body: (_) @body) @definition.method
(method_declaration receiver: (parameter_list (parameter_declaration type: (pointer_type (generic_type type: (_) @container)))) name: (_) @name body: (_) @body) @definition.method
(method_declaration receiver: (parameter_list (parameter_declaration type: (generic_type type: (_) @container))) name: (_) @name body: (_) @body) @definition.method
(type_spec name: (_) @name type: (struct_type) @body) @definition.struct
(type_spec name: (_) @name type: (interface_type) @body) @definition.interface
(type_spec name: (_) @name) @definition.type
(type_alias name: (_) @name) @definition.type
(field_declaration name: (_) @name) @definition.attribute
(method_elem name: (_) @name) @definition.method
(const_spec name: (_) @name) @definition.constant
((var_spec name: (_) @name) @definition.variable (#set! in "module"))

(import_spec) @import

[(identifier) (type_identifier) (field_identifier) (package_identifier)] @identifier
(comment) @comment
[(interpreted_string_literal) (raw_string_literal)] @string
(type_declaration) @wrapper
