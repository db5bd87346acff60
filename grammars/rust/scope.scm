; Where a cursor can be in Rust.

[(line_comment) (block_comment)] @comment
[(string_literal) (raw_string_literal) (char_literal)] @string
[(block) (declaration_list) (field_declaration_list) (enum_variant_list) (match_block)] @block
[(arguments) (parameters) (binary_expression) (call_expression) (field_expression) (index_expression) (unary_expression) (reference_expression) (try_expression) (type_cast_expression) (parenthesized_expression) (array_expression) (tuple_expression) (token_tree) (let_declaration) (assignment_expression) (compound_assignment_expr) (return_expression) (macro_invocation) (field_initializer) (where_clause) (type_arguments) (use_declaration) (attribute_item)] @expression
[(binary_expression) (call_expression) (field_expression) (index_expression) (unary_expression) (reference_expression) (try_expression) (type_cast_expression) (parenthesized_expression) (array_expression) (tuple_expression) (macro_invocation) (struct_expression) (if_expression) (match_expression) (closure_expression) (await_expression) (string_literal) (integer_literal) (float_literal) (char_literal)] @value
[(let_declaration) (parameter) (closure_parameters) (for_expression) (let_condition) (match_arm) (type_parameter) (const_parameter)] @binding
; What stands in capitals there is a constant that is compared with.
[(let_declaration) (parameter) (closure_parameters) (for_expression) (let_condition) (match_arm)] @refutable
; What is not evaluated where the statement around it begins, or not at all: all of the node, or the part that is the target.
[(closure_expression) (while_expression) (let_chain) (else_clause) (match_arm) (const_item) (static_item) (enum_variant) (field_declaration) (async_block)] @later
(binary_expression operator: ["&&" "||"] right: (_) @target) @later
[(field_expression) (scoped_identifier) (scoped_type_identifier)] @member
(field_identifier) @key
[(shorthand_field_initializer) (shorthand_field_identifier)] @shorthand
(token_tree) @tokens
