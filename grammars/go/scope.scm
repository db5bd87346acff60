; Where a cursor can be in Go.

(comment) @comment
[(interpreted_string_literal) (raw_string_literal) (rune_literal)] @string
[(block) (field_declaration_list) (interface_type)] @block
[(argument_list) (parameter_list) (binary_expression) (call_expression) (selector_expression) (index_expression) (unary_expression) (parenthesized_expression) (composite_literal) (literal_value) (short_var_declaration) (assignment_statement) (return_statement) (var_spec) (const_spec) (import_spec)] @expression
[(binary_expression) (call_expression) (selector_expression) (index_expression) (unary_expression) (parenthesized_expression) (composite_literal) (interpreted_string_literal) (int_literal) (float_literal)] @value
[(short_var_declaration) (parameter_declaration) (variadic_parameter_declaration) (var_spec) (const_spec) (range_clause) (receive_statement) (type_parameter_declaration)] @binding
(type_switch_statement alias: (_) @name) @binding
; What is not evaluated where the statement around it begins, or not at all: all of the node, or the part that is the target.
[(for_clause) (expression_case) (type_case) (communication_case) (default_case)] @later
(for_statement [(binary_expression) (call_expression) (unary_expression) (parenthesized_expression) (selector_expression) (index_expression)] @target) @later
(if_statement alternative: (_) @target) @later
(binary_expression operator: ["&&" "||"] right: (_) @target) @later
[(selector_expression) (qualified_type)] @member
[(field_identifier) (keyed_element)] @key
