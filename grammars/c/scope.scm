; Where a cursor can be in C.

(comment) @comment
[(string_literal) (char_literal) (system_lib_string)] @string
[(compound_statement) (field_declaration_list) (enumerator_list)] @block
[(argument_list) (parameter_list) (binary_expression) (call_expression) (field_expression) (subscript_expression) (unary_expression) (pointer_expression) (parenthesized_expression) (initializer_list) (init_declarator) (assignment_expression) (conditional_expression) (return_statement) (preproc_include)] @expression
[(binary_expression) (call_expression) (field_expression) (subscript_expression) (unary_expression) (parenthesized_expression) (conditional_expression) (string_literal) (number_literal)] @value
[(parameter_declaration) (init_declarator) (declaration)] @binding
; What is not evaluated where the statement around it begins, or not at all: all of the node, or the part that is the target.
[(while_statement) (do_statement) (for_statement) (else_clause) (case_statement) (field_declaration) (enumerator)] @later
(if_statement consequence: (_) @target) @later
(conditional_expression consequence: (_) @target) @later
(conditional_expression alternative: (_) @target) @later
(binary_expression operator: ["&&" "||"] right: (_) @target) @later
(field_expression) @member
(field_identifier) @key
[(struct_specifier) (union_specifier) (enum_specifier)] @tag
[(preproc_arg) (preproc_params)] @raw
