; What Java files define, mention and import. See src/syntax/pattern.rs for the subset of the query language.

(class_declaration name: (_) @name superclass: (_) @bases interfaces: (_)? @end body: (_) @body) @definition.class
(class_declaration name: (_) @name interfaces: (_)? @bases body: (_) @body) @definition.class
(record_declaration name: (_) @name interfaces: (_)? @bases body: (_) @body) @definition.class
; The components of a record.
((formal_parameter name: (_) @name) @definition.attribute (#set! in "type") (#set! within "record_declaration"))
((spread_parameter (variable_declarator name: (_) @name)) @definition.attribute (#set! in "type") (#set! within "record_declaration"))
(interface_declaration name: (_) @name (extends_interfaces)? @bases body: (_) @body) @definition.interface
(annotation_type_declaration name: (_) @name body: (_) @body) @definition.interface
(enum_declaration name: (_) @name interfaces: (_)? @bases body: (_) @body) @definition.enum
(enum_constant name: (_) @name) @definition.variant
(method_declaration name: (_) @name body: (_) @body) @definition.method
(method_declaration name: (_) @name) @definition.method
[(constructor_declaration name: (_) @name body: (_) @body) (compact_constructor_declaration name: (_) @name body: (_) @body)] @definition.method
((field_declaration declarator: (variable_declarator name: (_) @name)) @definition.attribute (#set! each ""))
((constant_declaration declarator: (variable_declarator name: (_) @name)) @definition.constant (#set! each ""))
(annotation_type_element_declaration name: (_) @name) @definition.method

(import_declaration) @import

[(identifier) (type_identifier)] @identifier
[(line_comment) (block_comment)] @comment
(string_literal) @string
