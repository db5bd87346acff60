; What C++ files define, mention and import. See src/syntax/pattern.rs for the subset of the query language.

(function_definition declarator: (function_declarator declarator: (identifier) @name) body: (_) @body) @definition.function
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)) body: (_) @body) @definition.function
(function_definition declarator: (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))) body: (_) @body) @definition.function
((declaration declarator: (function_declarator declarator: (identifier) @name)) @definition.function (#set! in "module"))
((declaration declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))) @definition.function (#set! in "module"))
((declaration declarator: (init_declarator declarator: (identifier) @name)) @definition.variable (#set! in "module") (#set! each ""))
((declaration declarator: (init_declarator declarator: (array_declarator declarator: (identifier) @name))) @definition.variable (#set! in "module") (#set! each ""))
((declaration declarator: (init_declarator declarator: (pointer_declarator declarator: (identifier) @name))) @definition.variable (#set! in "module") (#set! each ""))
((declaration declarator: (init_declarator declarator: (pointer_declarator declarator: (array_declarator declarator: (identifier) @name)))) @definition.variable (#set! in "module") (#set! each ""))
((declaration declarator: (pointer_declarator declarator: (array_declarator declarator: (identifier) @name))) @definition.variable (#set! in "module") (#set! each ""))
((declaration declarator: (identifier) @name) @definition.variable (#set! in "module") (#set! each ""))
((declaration declarator: (array_declarator declarator: (identifier) @name)) @definition.variable (#set! in "module") (#set! each ""))
((declaration declarator: (pointer_declarator declarator: (identifier) @name)) @definition.variable (#set! in "module") (#set! each ""))
(struct_specifier name: (_) @name (base_class_clause)? @bases body: (_) @body) @definition.struct
(union_specifier name: (_) @name body: (_) @body) @definition.struct
(enum_specifier name: (_) @name body: (_) @body) @definition.enum
(enumerator name: (_) @name) @definition.variant
(type_definition type: (struct_specifier name: (_)) declarator: (type_identifier) @name) @definition.type
(type_definition type: (enum_specifier name: (_)) declarator: (type_identifier) @name) @definition.type
(type_definition type: [(struct_specifier body: (_) @body) (union_specifier body: (_) @body)] declarator: (type_identifier) @name) @definition.struct
(type_definition type: (enum_specifier body: (_) @body) declarator: (type_identifier) @name) @definition.enum
((type_definition declarator: (type_identifier) @name) @definition.type (#set! each ""))
((type_definition declarator: (pointer_declarator declarator: (type_identifier) @name)) @definition.type (#set! each ""))
((type_definition declarator: (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name)))) @definition.type (#set! each ""))
((field_declaration declarator: (field_identifier) @name) @definition.attribute (#set! each ""))
((field_declaration declarator: (pointer_declarator declarator: (field_identifier) @name)) @definition.attribute (#set! each ""))
((field_declaration declarator: (array_declarator declarator: (field_identifier) @name)) @definition.attribute (#set! each ""))
((field_declaration declarator: (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (field_identifier) @name)))) @definition.attribute (#set! each ""))
(preproc_def name: (_) @name) @definition.macro
(preproc_function_def name: (_) @name) @definition.macro

(function_definition declarator: [(function_declarator declarator: [(operator_name) (destructor_name) (identifier)] @name) (pointer_declarator declarator: (function_declarator declarator: [(operator_name) (destructor_name) (identifier)] @name)) (reference_declarator (function_declarator declarator: [(operator_name) (destructor_name) (identifier)] @name))] body: (_) @body) @definition.function
(function_definition declarator: [(function_declarator declarator: (field_identifier) @name) (pointer_declarator declarator: (function_declarator declarator: (field_identifier) @name)) (reference_declarator (function_declarator declarator: (field_identifier) @name))] body: (_) @body) @definition.method
(function_definition declarator: [(function_declarator declarator: (qualified_identifier scope: (template_type name: (_) @container) name: [(identifier) (destructor_name) (operator_name)] @name)) (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier scope: (template_type name: (_) @container) name: [(identifier) (destructor_name) (operator_name)] @name))) (reference_declarator (function_declarator declarator: (qualified_identifier scope: (template_type name: (_) @container) name: [(identifier) (destructor_name) (operator_name)] @name)))] body: (_) @body) @definition.method
(function_definition declarator: [(function_declarator declarator: (qualified_identifier scope: (_) @container name: [(identifier) (destructor_name) (operator_name)] @name)) (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier scope: (_) @container name: [(identifier) (destructor_name) (operator_name)] @name))) (reference_declarator (function_declarator declarator: (qualified_identifier scope: (_) @container name: [(identifier) (destructor_name) (operator_name)] @name)))] body: (_) @body) @definition.method
(function_definition declarator: [(function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (template_type name: (_) @container) name: [(identifier) (destructor_name) (operator_name)] @name))) (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (template_type name: (_) @container) name: [(identifier) (destructor_name) (operator_name)] @name)))) (reference_declarator (function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (template_type name: (_) @container) name: [(identifier) (destructor_name) (operator_name)] @name))))] body: (_) @body) @definition.method
(function_definition declarator: [(function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [(identifier) (destructor_name) (operator_name)] @name))) (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [(identifier) (destructor_name) (operator_name)] @name)))) (reference_declarator (function_declarator declarator: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [(identifier) (destructor_name) (operator_name)] @name))))] body: (_) @body) @definition.method
(function_definition declarator: [(function_declarator declarator: (qualified_identifier name: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [(identifier) (destructor_name) (operator_name)] @name)))) (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier name: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [(identifier) (destructor_name) (operator_name)] @name))))) (reference_declarator (function_declarator declarator: (qualified_identifier name: (qualified_identifier name: (qualified_identifier scope: (_) @container name: [(identifier) (destructor_name) (operator_name)] @name)))))] body: (_) @body) @definition.method
; `= default` and `= delete`.
(function_definition declarator: (function_declarator declarator: [(identifier) (destructor_name) (operator_name) (field_identifier)] @name)) @definition.function
(field_declaration declarator: [(function_declarator declarator: [(field_identifier) (operator_name)] @name) (pointer_declarator declarator: (function_declarator declarator: [(field_identifier) (operator_name)] @name)) (reference_declarator (function_declarator declarator: [(field_identifier) (operator_name)] @name))]) @definition.method
; Constructors and destructors that are only declared.
((declaration declarator: (function_declarator declarator: [(identifier) (destructor_name)] @name)) @definition.method (#set! in "type"))
(class_specifier name: (_) @name (base_class_clause)? @bases body: (_) @body) @definition.class
(namespace_definition name: (_) @name body: (_) @body) @definition.module
(alias_declaration name: (_) @name) @definition.type
(concept_definition name: (_) @name) @definition.interface

(preproc_include) @import

[(identifier) (type_identifier) (field_identifier) (namespace_identifier)] @identifier
(comment) @comment
[(string_literal) (raw_string_literal)] @string
(template_declaration) @wrapper
[(template_parameter_list) (requires_clause)] @attribute
